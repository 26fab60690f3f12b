import Content
import Diagnostics
import Foundation
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Python

@Suite struct CredentialTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let text: String
        let hosts: [String]
        let fallback: String?
        var testDescription: String { text }

        init(_ text: String, _ hosts: String..., fallback: String? = nil) {
            (self.text, self.hosts, self.fallback) = (text, hosts, fallback)
        }
    }

    /// As Python's own `netrc` reads them, but for the last two, which it refuses.
    @Test(arguments: [
        Case(""), Case("machine a login b password c", "a b c"),
        Case("machine A\n\tlogin b\n\tpassword c\n\nmachine d password e login f\n", "a b c", "d f e"),
        Case("machine a account x user b password c", "a b c"),
        Case("machine a login b password \"c \\\" d\"", "a b c \" d"),
        Case("# machine x login y password z\nmachine a login b password #c # d", "a b #c"),
        Case("machine a login b password c machine a login d password e", "a b c"),
        Case("machine a login b password c\ndefault login d password e", "a b c", fallback: "d e"),
        Case("macdef init\ncd machine z password y\n\nmachine a login b password c", "a b c"),
        Case("machine a login login password password", "a login password"),
        Case("machine a password c", "a  c"), Case("machine a login b"), Case("password c login b"),
    ])
    func netrcFiles(_ test: Case) {
        let netrc = Netrc(test.text)
        #expect(netrc.hosts.map { "\($0.host) \($0.login.user) \($0.login.password)" } == test.hosts)
        #expect(netrc.fallback.map { "\($0.user) \($0.password)" } == test.fallback)
    }

    private var netrc: URLCredentials {
        var credentials = URLCredentials()
        credentials.collect(from: "https://own:pw@named.example/simple https://other@partly.example/")
        credentials.collect(
            netrc: Netrc(
                """
                machine host.example login me password se/cret
                machine named.example login me password no
                machine partly.example login me password no
                machine 127.0.0.1 login me password near
                """))
        return credentials
    }

    @Test(arguments: [
        ("https://host.example/a.whl", "https://me:se%2Fcret@host.example/a.whl"),
        ("https://host.example:8443/a.whl", "https://me:se%2Fcret@host.example:8443/a.whl"),
        // In the open to this machine alone.
        ("http://host.example/a.whl", "http://host.example/a.whl"),
        ("http://127.0.0.1:8000/a.whl", "http://me:near@127.0.0.1:8000/a.whl"),
        ("https://sub.host.example/a.whl", "https://sub.host.example/a.whl"),
        ("https://named.example/a.whl", "https://own:pw@named.example/a.whl"),
        ("https://partly.example/a.whl", "https://other@partly.example/a.whl"),
        ("https://x:y@host.example/a.whl", "https://x:y@host.example/a.whl"),
        ("file:///a.whl", "file:///a.whl"),
    ])
    func netrcIsForItsHosts(_ url: String, _ expected: String) async {
        #expect(netrc.adding(to: url) == expected)
        #expect(await netrc.authorising(url) == expected)
    }

    @Test func anyHostMayHaveADefault() {
        var credentials = URLCredentials()
        credentials.collect(netrc: Netrc("default login me password pw"))
        #expect(credentials.adding(to: "https://a.example/b") == "https://me:pw@a.example/b")
        #expect(credentials.adding(to: "http://a.example/b") == "http://a.example/b")
    }

    /// A command that knows one password by one service, and writes down what it is asked.
    private func keyring(service: String) throws -> (keyring: Keyring, log: FilePath, directory: TemporaryDirectory) {
        let directory = try TemporaryDirectory()
        let log = directory.path.appending("log")
        let command = try directory.write(
            Array(
                """
                #!/bin/sh
                echo "$@" >> \(log)
                [ "$2" = "\(service)" ] || { echo "no password" >&2; exit 1; }
                echo "p@ss-of-$3"

                """.utf8), to: "bin/keyring")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: command.string)
        return (Keyring(environment: ["PATH": "\(directory.path)/bin:/usr/bin:/bin"]), log, directory)
    }

    @Test(arguments: ["https://host.example:8443/simple", "host.example:8443"])
    func theKeyringIsAskedOnce(_ service: String) async throws {
        let (keyring, log, directory) = try keyring(service: service)
        defer { withExtendedLifetime(directory) {} }
        var credentials = URLCredentials()
        credentials.collect(from: "https://me@host.example:8443/simple https://host.example/simple")
        credentials.keyring = keyring
        let urls = ["a", "b", "c"].map { "https://host.example:8443/\($0).whl" }
        let answers = await withTaskGroup(of: String.self) { [credentials] group in
            for url in urls { group.addTask { await credentials.authorising(url) } }
            return await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(answers == Set(["a", "b", "c"].map { "https://me:p%40ss-of-me@host.example:8443/\($0).whl" }))
        // Nobody is asked for who is not named.
        #expect(await credentials.authorising("https://host.example/a.whl") == "https://host.example/a.whl")
        let asked = String(decoding: try FileSystem.read(log), as: UTF8.self).split(separator: "\n")
        let expected = ["get https://host.example:8443/simple me", "get host.example:8443 me"]
        #expect(asked.map(String.init) == (service.hasPrefix("https") ? Array(expected.prefix(1)) : expected))
        #expect(credentials.scrubbed("it said p@ss-of-me, p%40ss-of-me") == "it said …, …")
    }

    @Test func withoutTheCommandNothingIsKnown() async {
        var credentials = URLCredentials()
        credentials.collect(from: "https://me@host.example/simple")
        credentials.keyring = Keyring(environment: ["PATH": "/nonexistent"])
        #expect(await credentials.authorising("https://host.example/a") == "https://me@host.example/a")
    }

    // MARK: What is lent

    private let lent = LentVariables(
        SecretSet([
            "TOKEN": Array("t/oken\n".utf8), "UV_INDEX_A_PASSWORD": Array("pw".utf8), "PATH": Array("/evil".utf8),
            "pip.conf": Array("x".utf8), "netrc": Array("machine a login b password c".utf8), "BINARY": [0xff],
        ]))

    @Test(
        arguments: [
            ("https://me:${TOKEN}@h/${OTHER}", nil), ("https://${TOKEN}@h/", nil), ("git+https://${TOKEN}@h/r", nil),
            ("https://h/${TOKEN}", "TOKEN"), ("https://h/?t=${TOKEN}", "TOKEN"), ("${TOKEN}", "TOKEN"),
            ("--hash=${PATH}", "PATH"), ("${pip.conf}", nil), ("${BINARY}", nil), ("$TOKEN", nil),
        ] as [(String, String?)])
    func whereASecretMayStand(_ text: String, _ misplaced: String?) { #expect(lent.misplaced(in: text) == misplaced) }

    /// No id is a variable that means something to uv, but for those that are lent for that.
    @Test func uvSeesThemUnderOtherNames() throws {
        let environment = UvEnvironment(
            user: ["PATH": "/bin"], indexes: PackageIndexes(), cache: "/c", uv: "/tools/uv", lent: lent)
        #expect(environment.variables["PATH"] == "/bin:/tools")
        #expect(environment.variables["COOPERAGE_SECRET_PATH"] == "/evil")
        #expect(environment.variables["COOPERAGE_SECRET_TOKEN"] == "t/oken")
        #expect(environment.variables["UV_INDEX_A_PASSWORD"] == "pw")
        #expect(environment.variables["netrc"] == nil && environment.variables["COOPERAGE_SECRET_BINARY"] == nil)
        #expect(!environment.inputs.contains { $0.value.contains("oken") || $0.value == "pw" })
        // What runs code of others has none of them.
        let scratch = try TemporaryDirectory()
        let build = try environment.forBuild(in: scratch.path, indexes: [])
        #expect(!build.keys.contains { $0.hasPrefix("COOPERAGE_") })
        #expect(!environment.forGit(origin: "https://h", userInfo: nil).keys.contains { $0.hasPrefix("COOPERAGE_") })
    }

    @Test func requirementsFilesKeepTheNames() throws {
        let directory = try TemporaryDirectory()
        let text = "--index-url https://me:${TOKEN}@h/simple\nalpha${PATH_OF}\npkg @ git+https://${TOKEN}@g/r\n"
        let path = try directory.write(Array(text.utf8), to: "requirements.txt")
        let file = try RequirementsFile(path, environment: ["TOKEN": "not this", "PATH_OF": "==1"], lent: lent)
        #expect(file.secrets == ["TOKEN"])
        #expect(file.text == text.replacing("${PATH_OF}", with: "==1"))
        #expect(file.isBeyondUv)
        #expect(
            file.uvLines.map { $0.words.joined(separator: " ") } == [
                "--index-url https://me:${COOPERAGE_SECRET_TOKEN}@h/simple", "alpha==1", "pkg @ git+https://g/r",
            ])
    }

    @Test func aSecretShowsNothing() {
        let secrets = SecretSet(["TOKEN": Array("t0ken".utf8)])
        for text in ["\(secrets)", String(reflecting: secrets), "\(Mirror(reflecting: secrets).children.count)"] {
            #expect(!text.contains("t0ken") && !text.contains("TOKEN"))
        }
    }
}

/// Bytes for another program.
@Suite struct AnonymousFileTests {
    @Test func anotherProcessReadsItAndNoDirectoryHasIt() throws {
        var file: AnonymousFile? = try AnonymousFile(Array("s3cret text".utf8))
        let path = try #require(file?.path)
        #expect(try run("cat", [path.string]) == Array("s3cret text".utf8))
        #expect(try run("cat", [path.string]) == Array("s3cret text".utf8))
        #expect(try FileSystem.linkTarget(path).hasSuffix("(deleted)"))
        file = nil
        #expect(!FileSystem.exists(path))
    }
}
