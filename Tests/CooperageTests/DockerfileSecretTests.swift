import Content
import Foundation
import RegistryTesting
import SystemPackage
import TestSupport
import Testing
import Transfer

/// The secret of a `RUN --mount=type=secret` gets to the index and nowhere else, whatever its mount makes of it: every byte
/// of what builds leave and say is searched for it.
@Suite struct DockerfileSecretTests {
    /// What the mount makes of the secret.
    enum Way: CaseIterable {
        case netrc, configuration, index, exported, password, named, requirements
    }

    /// The lines of an installation, what is lent, and what stands in the requirements file.
    private static func lines(_ way: Way, _ planted: PlantedSecret, _ host: String) -> (
        run: String, secret: String, requirements: String
    ) {
        let plain = "http://\(host)/simple"
        let whole = "http://\(planted.userInfo)@\(host)/simple"
        let install = "install -r requirements.txt"
        switch way {
        case .netrc:
            return (
                "RUN --mount=type=secret,id=logins,target=/root/.netrc pip \(install) -i \(plain)",
                "machine 127.0.0.1\n  login planted\n  password \(planted.password)\n", ""
            )
        case .configuration:
            return (
                "RUN --mount=type=secret,id=logins,target=/etc/pip.conf,required pip \(install)",
                "[global]\nindex-url = \(whole)\n", ""
            )
        case .index: return ("RUN --mount=type=secret,id=logins,env=PIP_INDEX_URL pip \(install)", whole, "")
        case .exported:
            return (
                "RUN --mount=type=secret,id=logins \\\n    export PIP_INDEX_URL=\"$(cat /run/secrets/logins)\" && \\\n    pip \(install)",
                "\(whole)\n", ""
            )
        case .password:
            return (
                "RUN --mount=type=secret,id=logins PIP_INDEX_URL=http://planted:$(cat /run/secrets/logins)@\(host)/simple pip \(install)",
                planted.encoded, ""
            )
        case .named:
            return (
                "RUN --mount=type=secret,id=logins,target=/root/.config/uv/uv.toml uv pip \(install) --system",
                "[[index]]\nname = \"private\"\nurl = \"\(whole)\"\ndefault = true\n", ""
            )
        case .requirements:
            return (
                "RUN --mount=type=secret,id=logins,env=INDEX_PASSWORD pip \(install)", planted.encoded,
                "--index-url http://planted:${INDEX_PASSWORD}@\(host)/simple\n"
            )
        }
    }

    private func index(_ planted: PlantedSecret) throws -> PackageIndex {
        var index = PackageIndex(
            wheels: [try WheelFixture("alpha", "1.0", requires: ["beta"]), try WheelFixture("beta", "1.0")],
            tellsLengths: true)
        index.authorization = planted.authorization
        return index
    }

    /// A context, and a base in a registry.
    private func command(_ way: Way, _ planted: PlantedSecret, _ host: String, _ registry: DockerRegistry) async throws
        -> Command
    {
        let lines = Self.lines(way, planted, host)
        let command = try Command([
            "Dockerfile": "FROM \(registry.host)/team/base:1\nWORKDIR /srv\nCOPY . .\n\(lines.run)\nCMD [\"python\"]\n",
            "requirements.txt": lines.requirements + "alpha\n", "main.py": "print('hello')\n",
        ])
        let root = command.directory.path
        try await BaseFixture.write(to: root.appending("base"))
        for name in ["given", "made"] { try FileSystem.makeDirectory(root.appending(name)) }
        try FileSystem.write(lines.secret.utf8, to: root.pushing("given/logins"))
        try FileSystem.write([], to: root.appending("none.txt"))
        let pushed = try await command.runAside([
            "build", ".", "--base", "../base", "--code", "none", "-r", "../none.txt", "-t",
            "\(registry.host)/team/base:1", "--push", "-q",
        ])
        #expect(pushed.status == 0, "\(pushed.error)")
        return command
    }

    private static let lent = ["--secret", "id=logins,src=../given/logins"]

    @Test(arguments: Way.allCases) func itGetsToTheIndexAlone(_ way: Way) async throws {
        let planted = PlantedSecret()
        let index = try index(planted)
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            try await DockerRegistry.run { registry in
                let command = try await command(way, planted, server.host, registry)
                var texts: [String: String] = [:]
                func run(_ name: String, _ arguments: [String], status: Int32 = 0) async throws {
                    let outcome = try await command.runAside(arguments)
                    #expect(outcome.status == status, "\(name): \(planted.hidden(outcome.error))")
                    texts["\(name), standard output"] = outcome.output
                    texts["\(name), standard error"] = outcome.error
                }
                let build = ["build", "-f", "Dockerfile", "."]
                try await run(
                    "build",
                    build + Self.lent + [
                        "-o", "type=oci,dest=../made/layout", "-o", "type=docker,dest=../made/image.tar",
                        "--metadata-file", "../made/metadata.json", "--sbom", "../made/sbom.json", "--progress", "json",
                        "-t", "\(registry.host)/team/app:1", "--push", "--attest", "sbom",
                    ])
                #expect(server.requests.contains { $0.line == "GET /files/alpha-1.0-py3-none-any.whl" })
                #expect(texts["build, standard error"]?.contains("nothing uses the secret") == false)
                try await run("warm build", build + Self.lent + ["-o", "type=image", "--progress", "plain", "-D"])
                try await run("plan", ["plan", "-f", "Dockerfile", ".", "--json"] + Self.lent)
                try await run("lint", ["lint", ".", "--failure-threshold", "error"])
                // Without it, and with another password.
                try await run("not lent", build + ["-o", "type=image", "--no-cache"], status: 1)
                try FileSystem.write(
                    Self.lines(way, PlantedSecret(), server.host).secret.utf8,
                    to: command.directory.path.pushing("given/logins"))
                try await run(
                    "refused", build + Self.lent + ["-o", "type=image", "--no-cache", "--upgrade"], status: 1)
                let root = command.directory.path
                let result = try planted.scanner.scan(
                    [root.appending("cache"), root.appending("made"), registry.storage], texts: texts)
                #expect(result.found == [])
                #expect(Set(result.opened).isSuperset(of: ["gzip", "tar", "zip"]), "\(result.opened)")
            }
        }
    }

    /// The same on a server, which gets it apart from the build.
    @Test func itGetsToTheIndexAloneOnAServer() async throws {
        for way in [Way.netrc, .index, .password, .requirements] {
            let planted = PlantedSecret()
            let index = try index(planted)
            try await LoopbackServer.run(answering: { index.answer($0) }) { server in
                try await DockerRegistry.run { registry in
                    var command = try await command(way, planted, server.host, registry)
                    try await ServerSite.run { service in
                        let client = try await SiteClient(service)
                        let policy = "{\"indexes\": [\"http://127.0.0.1:*\"]}"
                        let allowed = try await client.call(.put, "/api/v1/projects/default", body: Array(policy.utf8))
                        #expect(allowed.isSuccess, "\(allowed.text)")
                        command.environment["COOPERAGE_TOKEN"] = service.token
                        var texts: [String: String] = [:]
                        let outcome = try await command.runAside(
                            [
                                "build", "-f", "Dockerfile", ".", "-o", "type=oci,dest=../made/layout", "--progress",
                                "json",
                            ]
                                + Self.lent + ["--server", service.origin(0), "-D"])
                        #expect(outcome.status == 0, "\(way): \(planted.hidden(outcome.error))")
                        texts["standard output"] = outcome.output
                        texts["standard error"] = outcome.error
                        #expect(server.requests.contains { $0.line == "GET /files/alpha-1.0-py3-none-any.whl" })
                        let stopped = try await service.terminate(0)
                        #expect(stopped.0 == 0)
                        texts["the server's log"] = service.logs
                        let result = try planted.scanner.scan(
                            [service.directory.path, command.directory.path.appending("made")], texts: texts)
                        #expect(result.found == [], "\(way)")
                        #expect(result.looked > 50)
                    }
                }
            }
        }
    }
}
