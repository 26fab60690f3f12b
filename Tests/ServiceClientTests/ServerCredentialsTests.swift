import Content
import Diagnostics
import Registry
import ServiceClient
import SystemPackage
import TestSupport
import Testing

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

    @Test func storedTokensAreTheirOwnersAlone() throws {
        let credentials = credentials()
        #expect(try credentials.token(for: server) == nil)
        try credentials.store(Secret("first"), for: server)
        try credentials.store(Secret("second"), for: server)
        try credentials.store(Secret("other"), for: ServerAddress("http://127.0.0.1:8480"))
        #expect(try credentials.token(for: server)?.reveal() == "second")
        #expect(try credentials.token(for: ServerAddress("https://builds.example.org:8443")) == nil)
        #expect(credentials.file == directory.path.pushing(".config/cooperage/servers.json"))
        #expect(try FileSystem.status(credentials.file)?.mode == 0o600)
        #expect(try directory.files() == [".config/cooperage/servers.json"])
        #expect(try credentials.remove(for: server))
        #expect(try !credentials.remove(for: server))
        #expect(try credentials.token(for: server) == nil)
        #expect(try credentials.token(for: ServerAddress("http://127.0.0.1:8480"))?.reveal() == "other")
        #expect(try FileSystem.status(credentials.file)?.mode == 0o600)
    }

    @Test func theEnvironmentGoesFirst() throws {
        try credentials().store(Secret("stored"), for: server)
        let given = credentials(["COOPERAGE_TOKEN": " cprg_a_b\n"])
        #expect(given.isGivenByEnvironment)
        #expect(try given.token(for: server)?.reveal() == "cprg_a_b")
        #expect(try credentials(["COOPERAGE_TOKEN": ""]).token(for: server)?.reveal() == "stored")
        let configured = credentials(["XDG_CONFIG_HOME": directory.path.appending("config").string])
        #expect(configured.file == directory.path.pushing("config/cooperage/servers.json"))
        #expect(credentials(["XDG_CONFIG_HOME": "config"]).file == credentials().file)
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
        let error = #expect(throws: ClientError.self) { try credentials.token(for: server) }
        #expect(error?.code == .invalidCredentials)
        #expect(error?.hints.first?.hasPrefix("chmod 600 \(credentials.file)") == true)
    }

    @Test func aDamagedFileIsNotShown() throws {
        let credentials = credentials()
        try FileSystem.makeDirectory(credentials.file.removingLastComponent())
        try FileSystem.write(#"{"servers":{"x":{"token":hunter2}}}"#.utf8, to: credentials.file, mode: 0o600)
        let error = #expect(throws: ClientError.self) { try credentials.token(for: server) }
        #expect(error?.code == .invalidCredentials)
        #expect("\(error.map { "\($0) \($0.hints)" } ?? "")".contains("hunter2") == false)
        #expect(throws: ClientError.self) { try credentials.store(Secret("new"), for: server) }
    }
}
