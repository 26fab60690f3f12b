import Content
import Foundation
import Glibc
import JWTKit
import OCI
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

/// The way of docs/service.md: two replicas with TLS on one MariaDB, a CI job that holds no secret, a registry whose
/// password the server alone knows.
@Suite struct OperatorWalkTests {
    /// The claims of a CI's token, as GitHub Actions has them.
    private struct Claims: JWTPayload {
        var iss = "https://ci.example"
        var sub = "repo:example-org/pipelines:ref:refs/heads/main"
        var aud = "https://builds.example.org"
        var exp = Date().timeIntervalSince1970 + 600
        var repository = "example-org/pipelines"
        var ref = "refs/heads/main"

        func verify(using algorithm: some JWTAlgorithm) {}
    }

    /// The CI's key, and the set that it publishes.
    private struct Issuer {
        let key = ES256PrivateKey()

        func keySet() throws -> String {
            func url(_ base64: String) -> String {
                base64.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
            }
            let point = try #require(key.parameters)
            return """
                {"keys":[{"kty":"EC","crv":"P-256","use":"sig","kid":"k1","x":"\(url(point.x))","y":"\(url(point.y))"}]}
                """
        }

        func token(_ change: (inout Claims) -> Void = { _ in }) async throws -> String {
            var claims = Claims()
            change(&claims)
            let collection = JWTKeyCollection()
            await collection.add(ecdsa: key, kid: "k1")
            return try await collection.sign(claims, kid: "k1")
        }
    }

    /// A running `cooperage serve`.
    private struct Replica {
        let process: Process
        let output: FilePath
        let error: FilePath
        let address: String
    }

    /// Starts a replica by the configuration file.
    private func start(_ command: Command) async throws -> Replica {
        let (out, err) = (try command.file("serve"), try command.file("log"))
        let process = try command.start(
            ["serve", "--config", "../server.yaml", "--log-format", "json"], output: out.handle, error: err.handle)
        let start = "Listening on "
        try await eventually("the server listens") {
            let isOver = !process.isRunning
            if isOver { throw NeverHappened("the server listens: \(try command.text(err.path))") }
            return try command.text(out.path).contains(start)
        }
        let line = try command.text(out.path).split(separator: "\n").first { $0.hasPrefix(start) }
        return Replica(
            process: process, output: out.path, error: err.path,
            address: String(try #require(line).dropFirst(start.count)))
    }

    /// What curl answers.
    private func curl(_ command: Command, _ token: String, _ arguments: [String]) async throws -> String {
        let authority = command.directory.path.appending("certificate.pem").string
        let bytes = try await runAside(
            "curl",
            [
                "--silent", "--show-error", "--fail-with-body", "--cacert", authority, "-H",
                "Authorization: Bearer \(token)",
            ]
                + arguments)
        return String(decoding: bytes, as: UTF8.self)
    }

    private func member(_ name: String, of json: String) throws -> String {
        let object = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        return try #require(object?[name] as? String, "\(name) in \(json)")
    }

    /// The sum of a metric's series that hold a text.
    private func sum(_ metric: String, _ text: String, in exposition: String) -> Double {
        exposition.split(separator: "\n").filter { $0.hasPrefix(metric) && $0.contains(text) }
            .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
    }

    /// The project that is built: base, wheels and code, and what the operator writes.
    private func site(_ database: MariaDBServer, _ issuer: Issuer, _ registry: DockerRegistry) async throws -> Command {
        var command = try Command(["main.py": "print('hello')\n", "requirements.txt": "--no-index\nalpha\n"])
        let root = command.directory.path
        try await BaseFixture.write(to: root.appending("base"))
        try FileSystem.makeDirectory(root.appending("links"))
        for wheel in try ServiceSite.wheels() { try wheel.write(to: root.appending("links")) }
        let certificate = try SelfSignedCertificate(in: root)
        command.environment["SSL_CERT_FILE"] = certificate.file.string
        try FileSystem.write(try issuer.keySet().utf8, to: root.appending("jwks.json"))
        let address = try await database.makeDatabase(
            options: "ssl-mode=VERIFY_IDENTITY&ssl-ca=\(database.certificateFile)&connections=4")
        // The file names no password.
        let parts = try #require(URLComponents(string: address))
        var bare = parts
        bare.password = nil
        try FileSystem.create(Array("\(parts.password ?? "")\n".utf8), at: root.appending("password"), mode: 0o600)
        let key = try run("openssl", ["rand", "-base64", "32"])
        try FileSystem.create(key, at: root.appending("vault.keys"), mode: 0o600)
        let configuration = """
            data_directory: data
            database: \(bare.string ?? "")
            database_password_file: password
            vault_keys_file: vault.keys
            listen: 127.0.0.1:0
            tls: {certificate: \(certificate.file.lastComponent?.string ?? ""), key: key.pem}
            workers: 2
            search_path: "\(command.environment["PATH"] ?? "")"
            issuers:
              - issuer: https://ci.example
                audiences: [https://builds.example.org]
                keys_file: jwks.json
                rules:
                  - claims: {repository: example-org/pipelines, ref: refs/heads/main}
                    project: pipelines
            projects:
              - name: pipelines
                targets: ["\(registry.host)/pipelines/*"]
            """
        try FileSystem.write(configuration.utf8, to: root.appending("server.yaml"))
        return command
    }

    private func build(_ tag: String, on replica: Replica) -> [String] {
        [
            "build", ".", "--base", "../base", "--platform", "linux/amd64", "--find-links", "../links", "-t", tag,
            "--push",
            "--server", replica.address,
        ]
    }

    @Test func fromNothingToAJobThatPushes() async throws {
        let (database, issuer) = (try await MariaDBServer.shared(), Issuer())
        try await DockerRegistry.run(.password) { registry in
            let operatorsCommand = try await site(database, issuer, registry)
            let first = try await start(operatorsCommand)
            defer { kill(first.process.processIdentifier, SIGKILL) }
            let second = try await start(operatorsCommand)
            defer { kill(second.process.processIdentifier, SIGKILL) }
            #expect(first.address.hasPrefix("https://127.0.0.1:") && second.address != first.address)

            // The first one told the administrator's token, the second one none.
            let told = try operatorsCommand.text(first.output)
            let admin = String(try #require(told.firstMatch(of: /cprg_[0-9a-f]{16}_[0-9a-f]{64}/)).0)
            let toldBySecond = try operatorsCommand.text(second.output)
            #expect(!toldBySecond.contains("cprg_"))
            let login = try await operatorsCommand.runAside(
                ["login", "--server", first.address, "--token-stdin"], input: admin + "\n")
            #expect(login.status == 0, "\(login.error)")
            #expect(login.error.contains("notice: logged in to \(first.address), version "))

            // Told to the one, known to the other.
            func api(_ replica: Replica, _ path: String) -> String { "\(replica.address)/api/v1/\(path)" }
            let json = ["-H", "Content-Type: application/json", "-H", "X-Cooperage-Project: pipelines"]
            let credential =
                #"{"scope":"\#(registry.host)/pipelines","username":"\#(DockerRegistry.user)","password":"\#(DockerRegistry.password)"}"#
            _ = try await curl(
                operatorsCommand, admin, json + ["-X", "PUT", "-d", credential, api(first, "credentials")])
            let listed = try await curl(operatorsCommand, admin, json + [api(second, "credentials")])
            #expect(listed.contains("\(registry.host)/pipelines"))
            #expect(!listed.contains(DockerRegistry.password))
            let made = try await curl(
                operatorsCommand, admin,
                json + ["-d", #"{"label":"dashboard","role":"reader","project":"pipelines"}"#, api(second, "tokens")])
            let reader = try member("secret", of: made)
            let monitor = try member(
                "secret",
                of: await curl(
                    operatorsCommand, admin,
                    [json[0], json[1], "-d", #"{"label":"prometheus","role":"reader"}"#, api(first, "tokens")]))

            // The job has a token of its CI and no credential.
            let tag = "\(registry.host)/pipelines/app:1"
            var job = operatorsCommand
            job.environment["COOPERAGE_TOKEN"] = try await issuer.token()
            let pushed = try await job.runAside(build(tag, on: first))
            #expect(pushed.status == 0, "\(pushed.error)")
            let digest = try #require(pushed.output.firstMatch(of: /@(sha256:[0-9a-f]{64})\n$/)).1
            let manifest = try await runAside(
                "curl",
                [
                    "--silent", "--show-error", "--fail", "-u", "\(DockerRegistry.user):\(DockerRegistry.password)",
                    "-H",
                    "Accept: application/vnd.oci.image.manifest.v1+json",
                    "http://\(registry.host)/v2/pipelines/app/manifests/1",
                ])
            #expect(try Digester.digest(of: manifest).description == digest)

            // Elsewhere it may not push, another branch may nothing, a reader may not build.
            let elsewhere = try await job.runAside(build("\(registry.host)/other/app:1", on: second))
            #expect(
                elsewhere.status == 1 && elsewhere.error.contains("does not allow pushing to"), "\(elsewhere.error)")
            job.environment["COOPERAGE_TOKEN"] = try await issuer.token { $0.ref = "refs/heads/other" }
            let branch = try await job.runAside(build(tag, on: second))
            #expect(branch.status == 1 && !branch.error.contains("sha256:"), "\(branch.error)")
            job.environment["COOPERAGE_TOKEN"] = reader
            let refused = try await job.runAside(build(tag, on: second))
            #expect(refused.status == 1)
            #expect(refused.error.contains("the role 'reader' may not do that"), "\(refused.error)")

            // Each counts what it did itself, and both what is in the service.
            let expositions = try await [
                curl(operatorsCommand, monitor, ["\(first.address)/metrics"]),
                curl(operatorsCommand, monitor, ["\(second.address)/metrics"]),
            ]
            let attempts = expositions.map { sum("cooperage_attempts_total{", "end=\"succeeded\"", in: $0) }
            #expect(attempts.reduce(0, +) == 1, "\(expositions)")
            for exposition in expositions {
                #expect(exposition.contains("cooperage_build_info{version="))
                #expect(sum("cooperage_store_bytes{", "store=\"contexts\"", in: exposition) > 0)
            }

            // The first one stops in good order; the second one tells of the build.
            kill(first.process.processIdentifier, SIGTERM)
            try await eventually("the first replica ends") { !first.process.isRunning }
            let lastWords = try operatorsCommand.text(first.error)
            #expect(first.process.terminationStatus == 0, "\(lastWords)")
            job.environment["COOPERAGE_SERVER"] = second.address
            let builds = try await job.runAside(["builds", "list", "--tag", tag, "--json"])
            let id = String(try #require(builds.output.firstMatch(of: /"id" ?: ?"([0-9a-f-]{36})"/), "\(builds)").1)
            let log = try await job.runAside(["builds", "logs", "-f", id])
            #expect(log.status == 0 && log.output.contains("resolve: resolve the requirements\n"), "\(log)")
            let events = try await curl(operatorsCommand, reader, [api(second, "builds/\(id)/events")])
            #expect(events.contains("event: end\n"))
            // It builds, too.
            job.environment["COOPERAGE_TOKEN"] = try await issuer.token()
            let again = try await job.runAside(build("\(registry.host)/pipelines/app:2", on: second))
            #expect(again.status == 0 && again.output.hasSuffix("@\(digest)\n"), "\(again)")

            // Who did what, and no secret in any log.
            let audit = try await curl(operatorsCommand, admin, [api(second, "audit")])
            for word in ["credential.set", "token.create", "project.set"] { #expect(audit.contains(word)) }
            for replica in [first, second] {
                let log = try operatorsCommand.text(replica.error)
                #expect(log.contains(#""level":"info""#))
                for secret in [admin, reader, MariaDBServer.password] { #expect(!log.contains(secret)) }
            }
        }
    }
}
