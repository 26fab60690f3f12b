import Content
import Foundation
import Glibc
import JWTKit
import RegistryTesting
import ServiceTesting
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Who a caller is, told by certificates and by tokens that live for seconds: the built executable as server and as
/// client.
@Suite struct CallerTests {
    /// A project with its base and wheels, and a server with a configuration beside it.
    private struct Site {
        var command: Command
        let root: FilePath
        private let port: Int

        init() async throws {
            command = try Command(["main.py": "print('hello')\n", "requirements.txt": "--no-index\nalpha\n"])
            root = command.directory.path
            port = try freePorts(1)[0]
            try await BaseFixture.write(to: root.appending("base"))
            try FileSystem.makeDirectory(root.appending("links"))
            for wheel in try ServiceSite.wheels() { try wheel.write(to: root.appending("links")) }
        }

        var address: String { "127.0.0.1:\(port)" }

        /// Runs a server for the time of an operation.
        func serving(_ configuration: String, _ operation: (_ admin: String) async throws -> Void) async throws {
            let file = root.appending("server.yaml")
            let common = """
                data_directory: data
                listen: \(address)
                workers: 2
                search_path: "\(command.environment["PATH"] ?? "")"

                """
            try FileSystem.write((common + configuration).utf8, to: file)
            let server = try ServerProcess(
                Command.executable.string, ["serve", "--config", file.string], package: "cooperage",
                environment: ["COOPERAGE_DATABASE_URL": "", "COOPERAGE_VAULT_KEYS": ""], directory: root)
            defer { server.stop() }
            let admin = try await server.firstMatch(after: "shown this once:\n\n  ")
            _ = try await server.firstMatch(after: "Listening on ")
            try await operation(admin)
        }

        func build(_ more: [String]) -> [String] {
            ["build", ".", "--base", "../base", "--platform", "linux/amd64", "--find-links", "../links"] + more
        }
    }

    // MARK: Certificates

    @Test func theCommandShowsItsCertificate() async throws {
        var site = try await Site()
        let server = try SelfSignedCertificate(in: site.root)
        let authority = try CertificateAuthority(in: site.root)
        let known = try authority.issue("/CN=ci-main")
        let other = try authority.issue("/CN=laptop")
        let expired = try authority.issue("/CN=ci-main", days: -1)
        let url = "https://\(site.address)"
        site.command.environment["COOPERAGE_SERVER"] = url
        func files(_ issued: CertificateAuthority.Issued, key: FilePath? = nil) -> [String] {
            [
                "--ca-file", server.file.string, "--cert-file", issued.file.string, "--key-file",
                (key ?? issued.keyFile).string,
            ]
        }
        let fixed = site
        func run(_ arguments: [String], input: String? = nil, environment: [String: String] = [:]) async throws
            -> Command.Outcome
        {
            var command = fixed.command
            command.environment.merge(environment) { $1 }
            return try await command.runAside(arguments, input: input)
        }
        try await site.serving(
            """
            tls:
              certificate: \(server.file)
              key: \(server.keyFile)
              client_authority: \(authority.file)
              clients: [{subject: "ci-*", project: default}]
            """
        ) { admin in
            let list = ["builds", "list"]
            // Each step is told what it lacks, at once.
            let start = ContinuousClock.now
            let untrusted = try await run(list)
            #expect(untrusted.status == 3 && untrusted.error.contains("hint: --ca-file names"), "\(untrusted)")
            let bare = try await run(list + ["--ca-file", server.file.string])
            #expect(bare.status == 1 && bare.error.contains("hint: --cert-file and --key-file name"), "\(bare)")
            let old = try await run(list + files(expired))
            #expect(old.status == 1 && old.error.contains("certificate expired"), "\(old)")
            #expect(ContinuousClock.now - start < .seconds(60))
            let misfit = try await run(list + files(known, key: other.keyFile))
            #expect(misfit.status == 1 && misfit.error.contains("the key belongs to the certificate"), "\(misfit)")
            let missing = try await run(list + files(known, key: "/nowhere/key.pem"))
            #expect(
                missing.error.hasPrefix(
                    "error: the file of the certificate's key cannot be read\n  at flag --key-file\n  at file /nowhere/key.pem\n"
                ), "\(missing)")
            let unknown = try await run(list + files(other))
            #expect(unknown.status == 1 && unknown.error.contains("'laptop' fits no rule here"), "\(unknown)")

            let output = "type=oci,dest=../out"
            let built = try await run(site.build(["-o", output]) + files(known))
            #expect(built.status == 0, "\(built)")
            let variables = [
                "COOPERAGE_CA_FILE": server.file.string, "COOPERAGE_CERT_FILE": known.file.string,
                "COOPERAGE_KEY_FILE": known.keyFile.string,
            ]
            let listed = try await run(list + ["--json"], environment: variables)
            #expect(listed.output.contains("certificate:ci-main"), "\(listed)")

            // What log in has tried is remembered.
            let stored = site.root.pushing(".config/cooperage/servers.json")
            let login = try await run(["login"] + files(known))
            #expect(login.status == 0 && login.error.hasPrefix("notice: logged in to \(url), version "), "\(login)")
            #expect(try !String(decoding: FileSystem.read(stored), as: UTF8.self).contains("token"))
            #expect(try await run(list).status == 0)
            // A certificate that names nobody goes with a token.
            let nobody = try await run(["login"] + files(other))
            #expect(nobody.status == 1 && nobody.error.contains("--token-stdin"), "\(nobody)")
            let both = try await run(["login", "--token-stdin"] + files(other), input: admin)
            #expect(both.status == 0, "\(both)")
            let asAdmin = try await run(list)
            #expect(asAdmin.status == 0 && asAdmin.output.contains("succeeded"), "\(asAdmin)")
            #expect(try FileSystem.status(stored)?.mode == 0o600)
            #expect(try await run(["logout"]).error == "notice: logged out of \(url)\n")
            #expect(try await run(list).status == 3)
        }
    }

    // MARK: Tokens that live for seconds

    private struct Claims: JWTPayload {
        var iss = "https://ci.example"
        var sub = "repo:example-org/app"
        var aud: String
        var exp: Double
        var repository = "example-org/app"

        func verify(using algorithm: some JWTAlgorithm) {}
    }

    /// A CI that signs tokens for some seconds.
    private struct Issuer: Sendable {
        let key = ES256PrivateKey()
        let audience: String

        func token(seconds: Double) async throws -> String {
            let collection = JWTKeyCollection()
            await collection.add(ecdsa: key, kid: "k1")
            let expiry = (Date().timeIntervalSince1970 + seconds).rounded(.down)
            return try await collection.sign(Claims(aud: audience, exp: expiry), kid: "k1")
        }

        func writeKeys(to file: FilePath) throws {
            func url(_ base64: String) -> String {
                base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            }
            let point = try #require(key.parameters)
            let set = """
                {"keys":[{"kty":"EC","crv":"P-256","use":"sig","kid":"k1","x":"\(url(point.x))","y":"\(url(point.y))"}]}
                """
            try FileSystem.write(set.utf8, to: file)
        }

        var configuration: String {
            """
            issuers:
              - issuer: https://ci.example
                audiences: ["\(audience)"]
                keys_file: jwks.json
                clock_skew: 0s
                rules: [{claims: {repository: example-org/app}, project: default}]
            """
        }
    }

    /// How many seconds tokens live in the tests: where a busy machine does not come as far with one as it has to, it is
    /// given more.
    private static let lifetimes = [12, 48, 192]

    /// Runs a build whose registry holds it for longer than its first token lives.
    /// - Parameters:
    ///   - prepare: makes tokens live for so many seconds.
    ///   - meanwhile: what happens when the first one's time is over, before the build goes on.
    private func build(
        _ site: Site, environment: [String: String], preparing prepare: (_ seconds: Int) async throws -> Void,
        meanwhile: () async throws -> Void = {}
    ) async throws -> Command.Outcome {
        var outcome: Command.Outcome?
        for seconds in Self.lifetimes where outcome == nil {
            try await prepare(seconds)
            outcome = try await build(site, environment: environment, lifetime: seconds, meanwhile: meanwhile)
        }
        return try #require(outcome, "no token lives as long as a build takes to its push")
    }

    /// - Returns: nil where the token had expired before the build was at the registry.
    private func build(
        _ site: Site, environment: [String: String], lifetime: Int, meanwhile: () async throws -> Void
    ) async throws -> Command.Outcome? {
        let expiry = ContinuousClock.now + .seconds(lifetime + 1)
        var merged = site.command
        merged.environment.merge(environment) { $1 }
        let command = merged
        let (gate, registry) = (Gate(), try await TestRegistry())
        gate.close()
        let (out, err) = (try command.file("out"), try command.file("err"))
        return try await LoopbackServer.run(answering: { try await gate.forward($0, to: registry) }) { held in
            // The image is fetched after the build has ended, which takes calls with a token that is good then.
            let process = try command.start(
                site.build([
                    "-t", "\(held.host)/team/app:1", "--push", "-o", "type=oci,dest=../out", "--server",
                    "http://\(site.address)",
                ]), output: out.handle, error: err.handle)
            try await eventually("the build pushes, or ends before") { gate.waiting > 0 || !process.isRunning }
            guard gate.waiting > 0 else {
                let error = try command.text(err.path)
                guard error.contains("has expired") else { throw NeverHappened("the build pushes: \(error)") }
                return nil
            }
            try await Task.sleep(until: expiry, clock: .continuous)
            try await meanwhile()
            gate.open()
            try await eventually("the build ends") { !process.isRunning }
            return Command.Outcome(
                status: process.terminationStatus, output: try command.text(out.path),
                error: try command.text(err.path))
        }
    }

    @Test func aJobOutlivesItsToken() async throws {
        let site = try await Site()
        // The audience is the server, as nobody says otherwise.
        let issuer = Issuer(audience: "http://\(site.address)")
        try issuer.writeKeys(to: site.root.appending("jwks.json"))
        let audiences = Mutex<[String]>([])
        let lifetime = Mutex(0)
        try await site.serving(issuer.configuration) { _ in
            try await LoopbackServer.run(answering: { request in
                guard request.header("Authorization") == "Bearer swordfish" else { return LoopbackResponse(401) }
                audiences.withLock { $0.append(request.query("audience") ?? "") }
                let token = try await issuer.token(seconds: Double(lifetime.withLock { $0 }))
                return LoopbackResponse(200, text: #"{"value":"\#(token)"}"#)
            }) { github in
                var environment = [
                    "ACTIONS_ID_TOKEN_REQUEST_URL": "\(github.origin)/token?api-version=2.0",
                    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "swordfish",
                ]
                let outcome = try await build(
                    site, environment: environment,
                    preparing: { seconds in
                        lifetime.withLock { $0 = seconds }
                        audiences.withLock { $0 = [] }
                    })
                #expect(outcome.status == 0, "\(outcome)")
                let asked = audiences.withLock { $0 }
                #expect(asked.count >= 2 && Set(asked) == ["http://\(site.address)"], "\(asked)")
                #expect(!outcome.error.contains("swordfish"))
                // Meant for somebody else, it is not taken.
                environment["COOPERAGE_TOKEN_AUDIENCE"] = "https://other.example"
                let fixed = environment
                var command = site.command
                command.environment.merge(fixed) { $1 }
                _ = try await command.runAside(["builds", "list", "--server", "http://\(site.address)"])
                #expect(audiences.withLock { $0.last } == "https://other.example")
            }
        }
    }

    @Test func aTokensFileIsReadAnew() async throws {
        let site = try await Site()
        let issuer = Issuer(audience: "https://builds.example.org")
        try issuer.writeKeys(to: site.root.appending("jwks.json"))
        let file = site.root.appending("token")
        try await site.serving(issuer.configuration) { _ in
            let environment = ["COOPERAGE_TOKEN_FILE": file.string]
            func write(seconds: Int) async throws {
                try FileSystem.write(try await issuer.token(seconds: Double(seconds)).utf8, to: file)
            }
            let outcome = try await build(
                site, environment: environment, preparing: write, meanwhile: { try await write(seconds: 600) })
            #expect(outcome.status == 0, "\(outcome)")
            // One that is not renewed is told.
            let url = "http://\(site.address)"
            try FileSystem.write(try await issuer.token(seconds: 0).utf8, to: file)
            let refused = try await site.command.runAside([
                "builds", "list", "--server", url, "--token-file", file.string,
            ])
            #expect(refused.status == 1 && refused.error.contains("has expired"), "\(refused)")
            try FileSystem.write(try await issuer.token(seconds: 600).utf8, to: file)
            let login = try await site.command.runAside([
                "login", "--server", url, "--token-file", "../token",
            ])
            #expect(login.status == 0, "\(login)")
            let listed = try await site.command.runAside(["builds", "list", "--server", url])
            #expect(listed.status == 0 && listed.output.contains("succeeded"), "\(listed)")
        }
    }
}
