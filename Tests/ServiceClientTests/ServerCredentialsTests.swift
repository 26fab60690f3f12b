import Content
import Diagnostics
import Registry
import ServiceClient
import SystemPackage
import TestSupport
import Testing
import Transfer

@Suite struct ServerCredentialsTests {
    private let directory: TemporaryDirectory
    private let server: ServerAddress

    init() throws {
        directory = try TemporaryDirectory()
        server = try ServerAddress("https://builds.example.org")
    }

    private func credentials(_ more: [String: String] = [:]) -> ServerCredentials {
        ServerCredentials(environment: ["HOME": directory.path.string].merging(more) { $1 })
    }

    private func token(_ credentials: ServerCredentials, for server: ServerAddress) async throws -> String? {
        try await credentials.tokens(for: server).token()?.reveal()
    }

    @Test func storedTokensAreTheirOwnersAlone() async throws {
        let credentials = credentials()
        #expect(try await token(credentials, for: server) == nil)
        try credentials.store(.text(Secret("first")), for: server)
        try credentials.store(.text(Secret("second")), for: server)
        try credentials.store(.text(Secret("other")), for: ServerAddress("http://127.0.0.1:8480"))
        #expect(try await token(credentials, for: server) == "second")
        #expect(try await token(credentials, for: ServerAddress("https://builds.example.org:8443")) == nil)
        #expect(credentials.file == directory.path.pushing(".config/cooperage/servers.json"))
        #expect(try FileSystem.status(credentials.file)?.mode == 0o600)
        #expect(try directory.files() == [".config/cooperage/servers.json"])
        #expect(try credentials.remove(for: server))
        #expect(try !credentials.remove(for: server))
        #expect(try await token(credentials, for: server) == nil)
        #expect(try await token(credentials, for: ServerAddress("http://127.0.0.1:8480")) == "other")
        #expect(try FileSystem.status(credentials.file)?.mode == 0o600)
    }

    @Test func theEnvironmentGoesFirst() async throws {
        try credentials().store(.text(Secret("stored")), for: server)
        let given = credentials(["COOPERAGE_TOKEN": " cprg_a_b\n"])
        #expect(given.givenByEnvironment == "COOPERAGE_TOKEN")
        #expect(try await token(given, for: server) == "cprg_a_b")
        #expect(try await token(credentials(["COOPERAGE_TOKEN": ""]), for: server) == "stored")
        let file = try directory.write(Array("of-file\n".utf8), to: "token").string
        let named = credentials(["COOPERAGE_TOKEN_FILE": file])
        #expect(named.givenByEnvironment == "COOPERAGE_TOKEN_FILE")
        #expect(try await token(named, for: server) == "of-file")
        let both = credentials(["COOPERAGE_TOKEN_FILE": file, "COOPERAGE_TOKEN": "of-variable"])
        #expect(try await token(both, for: server) == "of-variable")
        // A job's own token is for those who have no other, and asked for when a server wants one.
        let job = ["ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:1/", "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "bearer"]
        #expect(try credentials(job).tokens(for: server) is FixedToken)
        #expect(try credentials(job).tokens(for: ServerAddress("https://other.example")) is ActionsToken)
        let configured = credentials(["XDG_CONFIG_HOME": directory.path.appending("config").string])
        #expect(configured.file == directory.path.pushing("config/cooperage/servers.json"))
        #expect(credentials(["XDG_CONFIG_HOME": "config"]).file == credentials().file)
    }

    /// The files of a connection are remembered by where they lie, and what is named now goes before.
    @Test func filesAreRemembered() async throws {
        let credentials = credentials()
        let place = FailureContext("flag", "--x")
        let files = ConnectionFiles(
            authority: .init("/etc/ca.pem", place: place), certificate: .init("cert.pem", place: place))
        try credentials.store(.none, files: files, for: server)
        let stored = try credentials.files(for: server)
        #expect(stored.authority?.path == "/etc/ca.pem" && stored.key == nil)
        #expect(stored.certificate?.path.isAbsolute == true)
        #expect(stored.certificate?.path.lastComponent?.string == "cert.pem")
        #expect(stored.certificate?.place == FailureContext("file", credentials.file.string))
        #expect(try await token(credentials, for: server) == nil)
        let other = try self.credentials(["COOPERAGE_CERT_FILE": "a", "COOPERAGE_KEY_FILE": "b"]).files(for: server)
        #expect(other.authority?.path == "/etc/ca.pem" && other.certificate?.path == "a" && other.key?.path == "b")
        #expect(try credentials.files(for: ServerAddress("https://other.example")).authority == nil)
        try credentials.store(.file("token"), for: server)
        #expect(try credentials.tokens(for: server) is TokenFile)
        #expect(try credentials.files(for: server).authority == nil)
        #expect(try credentials.remove(for: server))
    }

    @Test(arguments: ["", "\n", "two words", "a\u{0}b", "schlüssel"])
    func whatIsNoTokenIsRefusedAndNotShown(_ text: String) {
        let error = #expect(throws: ClientError.self) { try ServerCredentials.token(text, from: "standard input") }
        #expect(error?.code == .invalidCredentials)
        #expect(text.contains("words") == false || error?.description.contains("words") == false)
    }

    @Test func aFileThatOthersCanReadIsRefused() throws {
        let credentials = credentials()
        try FileSystem.makeDirectory(credentials.file.removingLastComponent())
        try FileSystem.write(
            #"{"servers":{"https://builds.example.org":{"token":"hunter2"}}}"#.utf8, to: credentials.file, mode: 0o640)
        let error = #expect(throws: ClientError.self) { try credentials.tokens(for: server) }
        #expect(error?.code == .invalidCredentials)
        #expect(error?.hints.first?.hasPrefix("chmod 600 \(credentials.file)") == true)
    }

    @Test func aDamagedFileIsNotShown() throws {
        let credentials = credentials()
        try FileSystem.makeDirectory(credentials.file.removingLastComponent())
        try FileSystem.write(#"{"servers":{"x":{"token":hunter2}}}"#.utf8, to: credentials.file, mode: 0o600)
        let error = #expect(throws: ClientError.self) { try credentials.tokens(for: server) }
        #expect(error?.code == .invalidCredentials)
        #expect("\(error.map { "\($0) \($0.hints)" } ?? "")".contains("hunter2") == false)
        #expect(throws: ClientError.self) { try credentials.store(.text(Secret("new")), for: server) }
    }
}
