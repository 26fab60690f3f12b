import Content
import Diagnostics
import Foundation
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

/// Programs `docker-credential-NAME`, which are small scripts here.
@Suite struct CredentialHelperTests {
    private let directory: TemporaryDirectory
    private let time = TestTime()

    init() throws { directory = try TemporaryDirectory() }

    /// The credentials by a helper that answers as a shell script does; it tells in `asked` what it was asked.
    private func files(_ script: String, _ document: String) throws -> CredentialFiles {
        let root = directory.path
        let program = root.appending("docker-credential-test")
        try FileSystem.write(
            "#!/bin/sh\nserver=$(cat)\necho \"$1 $server\" >> \(root)/asked\n\(script)\n".utf8, to: program, mode: 0o755
        )
        try directory.write(Array(document.utf8), to: ".docker/config.json")
        return try CredentialFiles(
            environment: ["HOME": root.string, "PATH": "\(root):/usr/bin:/bin"], time: time.source)
    }

    private var asked: [String] {
        get throws {
            String(decoding: try FileSystem.read(directory.path.appending("asked")), as: UTF8.self)
                .split(separator: "\n").map(String.init)
        }
    }

    private static let answering =
        #"printf '{"ServerURL":"%s","Username":"AWS","Secret":"pw of %s"}' "$server" "$server""#

    @Test(arguments: [
        (#"{"credsStore": "test"}"#, "docker.io", "https://index.docker.io/v1/"),
        (#"{"credsStore": "test"}"#, "127.0.0.1:5000", "127.0.0.1:5000"),
        (
            #"{"credHelpers": {"https://ecr.example": "test"}, "credsStore": "missing"}"#, "ecr.example",
            "https://ecr.example"
        ),
    ])
    func helpersAreAskedByTheirNameOfTheServer(document: String, registry: String, server: String) async throws {
        let known = try files(Self.answering, document)
        let expected = Credential(user: "AWS", password: Secret("pw of \(server)"))
        #expect(try await known.credential(for: registry, repository: "team/app") == expected)
        #expect(try await known.credential(for: registry) == expected)
        // Asked again after a minute: what a cloud gives does not last.
        #expect(try asked == ["get \(server)"])
        time.advance(by: .seconds(61))
        _ = try await known.credential(for: registry)
        #expect(try asked.count == 2)
    }

    @Test func whatAHelperDoesNotKnowMayStandInTheFile() async throws {
        let auth = Data("me:pw".utf8).base64EncodedString()
        let known = try files(
            "echo 'credentials not found in native keychain'; exit 1",
            #"{"credsStore": "test", "auths": {"a.example": {"auth": "\#(auth)"}, "b.example": {}}}"#)
        #expect(try await known.credential(for: "a.example")?.user == "me")
        #expect(try await known.credential(for: "b.example") == nil)
        #expect(try asked == ["get a.example", "get b.example"])
    }

    @Test func anIdentityTokenIsKnownByItsUser() async throws {
        let known = try files(
            #"echo '{"ServerURL":"a.example","Username":"<token>","Secret":"it"}'"#, #"{"credsStore": "test"}"#)
        #expect(try await known.credential(for: "a.example")?.isIdentityToken == true)
    }

    @Test(arguments: [
        ("echo 'the keychain is locked'; exit 1", "the keychain is locked", RegistryErrorCode.helperFailed),
        (#"echo '{"Secret": "hunter2"}'; exit 3"#, "exit status 3", .helperFailed),
        (#"echo 'hunter2'"#, "answers otherwise", .helperFailed),
    ])
    func whatAHelperFailsInIsTold(script: String, words: String, code: RegistryErrorCode) async throws {
        let known = try files(script, #"{"credsStore": "test"}"#)
        let error = try await #require(throws: RegistryError.self) { try await known.credential(for: "a.example") }
        #expect(error.code == code)
        #expect(error.message.contains("docker-credential-test") && error.message.contains(words))
        #expect(error.context.contains(FailureContext("server", "a.example")))
        #expect(!"\(error)".contains("hunter2"))
    }

    @Test(arguments: ["missing", "../docker-credential-test"])
    func aMissingHelperIsNamed(name: String) async throws {
        let known = try files(Self.answering, #"{"credHelpers": {"a.example": "\#(name)"}}"#)
        let error = try await #require(throws: RegistryError.self) { try await known.credential(for: "a.example") }
        #expect(error.code == .invalidCredentials && error.blame == .request)
        #expect("\(error)".contains("docker-credential-\(name)") && "\(error)".contains(".docker/config.json"))
        // No other registry is touched by it.
        #expect(try await known.credential(for: "b.example") == nil)
    }
}
