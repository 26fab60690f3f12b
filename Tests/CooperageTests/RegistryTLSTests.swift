import Content
import Diagnostics
import Foundation
import OCI
import SystemPackage
import TestSupport
import Testing

/// docker-registry with TLS by a private authority, as the command's flags, variables and files reach it, and skopeo.
@Suite struct RegistryTLSTests {
    /// An authority, a server's certificate and a client's.
    private struct Site {
        var command: Command
        let authority: CertificateAuthority
        let server: CertificateAuthority.Issued
        let client: CertificateAuthority.Issued

        init(names: [String] = ["IP:127.0.0.1"], days: Int = 2) async throws {
            command = try Command()
            try await BaseFixture.write(to: command.context.appending("images"))
            let directory = command.directory.path
            authority = try CertificateAuthority(in: directory)
            server = try authority.issue("/CN=registry", alternativeNames: names, days: days)
            client = try authority.issue("/CN=builder")
        }

        var files: [String] {
            [
                "--ca-file", authority.file.string, "--cert-file", client.file.string, "--key-file",
                client.keyFile.string,
            ]
        }

        /// The directory that podman and skopeo read of a registry.
        func writeDirectory(_ root: FilePath, _ host: String, withClient: Bool = true) throws -> FilePath {
            let directory = root.appending(host)
            try FileSystem.makeDirectory(directory)
            try FileSystem.write(FileSystem.read(authority.file), to: directory.appending("ca.crt"))
            if withClient {
                try FileSystem.write(FileSystem.read(client.file), to: directory.appending("client.cert"))
                try FileSystem.write(FileSystem.read(client.keyFile), to: directory.appending("client.key"))
            }
            return directory
        }

        func run(_ arguments: String..., input: String? = nil) async throws -> Command.Outcome {
            try await command.runAside(arguments, input: input)
        }
    }

    @Test func certificatesAndPasswordsTogether() async throws {
        let site = try await Site()
        let tls = DockerRegistry.TLS(site.server, clientAuthority: site.authority.file)
        try await DockerRegistry.run(.password, tls: tls) { registry in
            let name = "\(registry.host)/team/app:1"
            // Who shows no certificate is let in by nobody, whatever he trusts.
            let stranger = try await site.run("copy", "images", name, "--ca-file", site.authority.file.string)
            #expect(stranger.status == 1 && stranger.error.contains("show it a certificate"), "\(stranger.error)")

            let login = try await site.command.runAside(
                ["login", registry.host, "-u", DockerRegistry.user, "--password-stdin"] + site.files,
                input: DockerRegistry.password)
            #expect(login.status == 0, "\(login.error)")
            let copied = try await site.command.runAside(["copy", "images", name] + site.files)
            #expect(copied.status == 0, "\(copied.error)")

            // By the directory that podman and skopeo read, and by the variables.
            let inspected = try await site.command.runAside(["inspect", name] + site.files)
            #expect(inspected.status == 0, "\(inspected.error)")
            var other = site.command
            other.environment["COOPERAGE_CA_FILE"] = site.authority.file.string
            other.environment["COOPERAGE_CERT_FILE"] = site.client.file.string
            other.environment["COOPERAGE_KEY_FILE"] = site.client.keyFile.string
            #expect(try await other.runAside(["inspect", name]).output == inspected.output)
            let directory = try site.writeDirectory(
                site.command.directory.path.pushing(".config/containers/certs.d"), registry.host)
            let byDirectory = try await site.run("inspect", name)
            #expect(byDirectory.output == inspected.output, "\(byDirectory.error)")
            #expect(try await site.run("tag", name, "2").status == 0)
            let doctor = try await site.run("doctor", "\(registry.host)/team/app")
            #expect(doctor.output.contains("user and password") && doctor.status == 0, "\(doctor.error)")

            let told = try await runAside(
                "skopeo",
                [
                    "inspect", "--raw", "--cert-dir", directory.string, "--authfile",
                    site.command.directory.path.pushing(".docker/config.json").string,
                    "docker://\(registry.host)/team/app:2",
                ])
            #expect(copied.output.contains(try Digester.digest(of: told).description))
        }
    }

    @Test func aBuildIsPushedByTLS() async throws {
        let site = try await Site()
        try site.command.directory.write(Array("print(1)\n".utf8), to: "context/app.py")
        try await DockerRegistry.run(tls: .init(site.server)) { registry in
            let name = "\(registry.host)/team/app:1"
            let built = try await site.run(
                "build", ".", "--base", "./images", "-t", name, "--push", "--ca-file", site.authority.file.string)
            #expect(built.status == 0 && built.output.hasPrefix("\(registry.host)/team/app@"), "\(built.error)")
            // As a base, by the file of docker's certificates.
            _ = try site.writeDirectory(
                site.command.directory.path.pushing(".config/containers/certs.d"), registry.host, withClient: false)
            let planned = try await site.run("plan", ".", "--base", name, "--pull")
            #expect(planned.status == 0, "\(planned.error)")
        }
    }

    /// What a server's configuration says of registries: authority, certificate, and a registry that stands for another.
    @Test func aServerPullsAndPushesByTLS() async throws {
        var site = try await Site()
        try site.command.directory.write(Array("print(1)\n".utf8), to: "context/app.py")
        let tls = DockerRegistry.TLS(site.server, clientAuthority: site.authority.file)
        try await DockerRegistry.run(tls: tls) { registry in
            let base = try await site.command.runAside(
                ["copy", "images", "\(registry.host)/base/python:1"] + site.files)
            #expect(base.status == 0, "\(base.error)")
            let remaps = "[[registry]]\nprefix = \"bases.example\"\nlocation = \"\(registry.host)/base\"\n"
            let configuration = site.command.directory.path.appending("registries.conf")
            try FileSystem.write(remaps.utf8, to: configuration)
            var settings = ServerSite.Settings()
            settings.further = """
                registries:
                  ca_file: \(site.authority.file)
                  cert_file: \(site.client.file)
                  key_file: \(site.client.keyFile)
                  configuration: \(configuration)
                """
            try await ServerSite.run(settings) { service in
                site.command.environment["COOPERAGE_TOKEN"] = service.token
                let built = try await site.run(
                    "build", ".", "--base", "bases.example/python:1", "-t", "\(registry.host)/team/app:1", "--push",
                    "--server", service.origin(0))
                #expect(built.status == 0 && built.output.hasPrefix("\(registry.host)/team/app@"), "\(built.error)")
            }
            // Without them the same is refused, with the reason.
            try await ServerSite.run { service in
                site.command.environment["COOPERAGE_TOKEN"] = service.token
                let refused = try await site.run(
                    "build", ".", "--base", "\(registry.host)/base/python:1", "--server", service.origin(0))
                #expect(refused.status == 3 && refused.error.contains("SSL certificate problem"), "\(refused.error)")
            }
        }
    }

    @Test func whatIsNotTrustedIsToldWithAHint() async throws {
        let site = try await Site()
        let stranger = try CertificateAuthority(in: site.command.directory.path, name: "stranger")
        try await DockerRegistry.run(tls: .init(site.server)) { registry in
            let name = "\(registry.host)/team/app:1"
            for flags in [[], ["--ca-file", stranger.file.string]] {
                let outcome = try await site.command.runAside(["copy", "images", name] + flags)
                #expect(outcome.status == 3, "\(outcome.error)")
                #expect(outcome.error.contains("SSL certificate problem"), "\(outcome.error)")
                #expect(outcome.error.contains("hint: if you trust it, name its authority by --ca-file"))
                #expect(outcome.error.contains("certs.d/\(registry.host)/ca.crt"))
            }
            // docker's `insecure-registries`: any certificate will do.
            let allowed = try await site.run("copy", "images", name, "--insecure-registry", registry.host)
            #expect(allowed.status == 0, "\(allowed.error)")
            let conf = try site.command.directory.write(
                Array("[[registry]]\nlocation = \"\(registry.host)\"\ninsecure = true\n".utf8), to: "insecure.conf")
            let configured = try await site.run("inspect", name, "--registries-conf", conf.string)
            #expect(configured.status == 0, "\(configured.error)")
        }
    }

    @Test(arguments: [
        (["IP:127.0.0.1"], -1, "has expired", "has to be renewed there"),
        (["DNS:other.example"], 2, "127.0.0.1", "shows a certificate for other names"),
    ])
    func certificatesThatAreWrongSayWhy(_ names: [String], _ days: Int, _ words: String, _ hint: String) async throws {
        let site = try await Site(names: names, days: days)
        try await DockerRegistry.run(tls: .init(site.server)) { registry in
            let outcome = try await site.run(
                "inspect", "\(registry.host)/team/app:1", "--ca-file", site.authority.file.string)
            #expect(outcome.status == 3 && outcome.error.contains(words), "\(outcome.error)")
            #expect(outcome.error.contains(hint), "\(outcome.error)")
        }
    }

    @Test func filesThatCannotBeUsedAreNamed() async throws {
        let site = try await Site()
        let other = try site.authority.issue("/CN=other")
        let noPEM = try site.command.directory.write(Array("no certificate".utf8), to: "no.pem")
        let tls = DockerRegistry.TLS(site.server, clientAuthority: site.authority.file)
        try await DockerRegistry.run(tls: tls) { registry in
            let name = "\(registry.host)/team/app:1"
            let (cert, key) = (site.client.file.string, site.client.keyFile.string)
            let rows: [(flags: [String], words: [String])] = [
                (["--ca-file", noPEM.string], ["authorities to trust holds none", "at flag --ca-file", "no.pem"]),
                (["--ca-file", "/nowhere.pem"], ["authorities to trust cannot be read", "at flag --ca-file"]),
                (["--cert-file", cert], ["the certificate's key holds none", "at flag --cert-file"]),
                (["--key-file", key], ["a certificate that is not named", "at flag --key-file"]),
                (
                    ["--ca-file", site.authority.file.string, "--cert-file", cert, "--key-file", other.keyFile.string],
                    [
                        "cannot be used", other.keyFile.lastComponent?.string ?? "?",
                        "the key belongs to the certificate",
                    ]
                ),
            ]
            for row in rows {
                let outcome = try await site.command.runAside(["inspect", name] + row.flags)
                #expect(outcome.status == 1, "\(outcome.error)")
                for words in row.words { #expect(outcome.error.contains(words), "\(outcome.error)") }
            }
            // A directory of podman's with half a pair.
            let directory = try site.writeDirectory(
                site.command.directory.path.pushing(".config/containers/certs.d"), registry.host)
            try FileSystem.remove(directory.appending("client.key"))
            let half = try await site.run("inspect", name)
            #expect(half.status == 1 && half.error.contains("there is no 'client.key'"), "\(half.error)")
        }
    }

    @Test func aHostThatIsNoneIsRefused() throws {
        let outcome = try Command()("inspect", "127.0.0.1:1/x", "--insecure-registry", "https://a")
        #expect(outcome.status == 2 && outcome.error.contains("'https://a' is no host[:port]"), "\(outcome.error)")
    }
}
