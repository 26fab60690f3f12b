import Content
import Foundation
import Glibc
import Images
import Logging
import OCI
import RegistryTesting
import Service
import ServiceAPI
import ServiceLifecycle
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

/// Whole builds by the built executable on a server of this process, beside the same builds without one.
@Suite struct RemoteBuildTests {
    /// Runs a server, and workers if they are wanted, for the time of an operation.
    private func serving(
        _ site: ServiceSite, works: Bool = true, port: Int = 0, _ operation: (_ port: Int) async throws -> Void
    ) async throws {
        let (ports, found) = AsyncStream.makeStream(of: Int.self)
        let api = try APIServer(
            site.service, settings: APISettings(address: .tcp(host: "127.0.0.1", port: port)), version: "0.0.0",
            metrics: PrometheusRegistry(), logger: Self.logger,
            onServerRunning: { address in
                if case .tcp(_, let port) = address { found.yield(port) }
            })
        let services: [any ServiceLifecycle.Service] = works ? [WorkerPool(site.service), api] : [api]
        let group = ServiceGroup(services: services, logger: Self.logger)
        let running = Task { try await group.run() }
        do {
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw NeverHappened("the server listens") }
            try await operation(port)
        } catch {
            running.cancel()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await running.value
    }

    private static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    /// A project with its base, requirements and wheels around it.
    private func command(_ site: ServiceSite, platforms: [String] = ["linux/amd64"]) async throws -> Command {
        var command = try Command([
            "main.py": "print('hello')\n", "pkg/__init__.py": "", "notes.log": "left out",
            ".dockerignore": "*.log\n",
        ])
        let root = command.directory.path
        try await BaseFixture.write(
            to: root.appending("base"), platforms: platforms.map { try Platform($0) })
        for name in ["reqs", "links"] { try FileSystem.makeDirectory(root.appending(name)) }
        try FileSystem.write(
            "--no-index\n-c limits.txt\nalpha\n".utf8, to: root.pushing("reqs/requirements.txt"))
        try FileSystem.write("beta<2\n".utf8, to: root.pushing("reqs/limits.txt"))
        for wheel in try ServiceSite.wheels() { try wheel.write(to: root.appending("links")) }
        let token = try await site.service.createToken(
            label: "test", role: .builder, project: "default", by: site.admin)
        command.environment["COOPERAGE_TOKEN"] = token.secret
        return command
    }

    private func arguments(_ more: [String], platforms: String = "linux/amd64") -> [String] {
        [
            "build", ".", "--base", "../base", "--platform", platforms, "-r", "../reqs/requirements.txt",
            "--find-links",
            "../links",
        ] + more
    }

    private func bytes(_ directory: FilePath) throws -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        for name in try FileSystem.names(in: directory) {
            let path = directory.appending(name)
            if try FileSystem.status(path)?.kind == .directory {
                for (inner, content) in try bytes(path) { files["\(name)/\(inner)"] = content }
            } else {
                files[name] = try FileSystem.read(path)
            }
        }
        return files
    }

    @Test func everyFileIsTheSame() async throws {
        let site = try await ServiceSite()
        let command = try await command(site)
        func all(_ place: String) -> [String] {
            arguments([
                "-o", "type=oci,dest=../\(place)/layout", "-o", "type=docker,dest=../\(place)/image.tar", "-t",
                "127.0.0.1:1/team/app:1", "--metadata-file", "../\(place)/metadata.json", "--iidfile",
                "../\(place)/iid", "--lock-file", "../\(place)/pylock.toml", "--env", "A=1", "--env", "B=2",
                "--entrypoint", "python main.py", "--label", "l=v", "--annotation", "a=v", "--user", "1000",
            ])
        }
        for place in ["here", "there"] { try FileSystem.makeDirectory(command.directory.path.appending(place)) }
        let here = try command.run(all("here"))
        #expect(here.status == 0, "\(here.error)")
        try await serving(site) { port in
            let there = try await command.runAside(all("there") + ["--server", "http://127.0.0.1:\(port)"])
            #expect(there.status == 0, "\(there.error)")
            #expect(there.output == here.output)
            #expect(there.error.contains("notice: server: http://127.0.0.1:\(port)\n"))
            // Two of them are empty.
            #expect(there.error.contains("notice: context: 13 of the context's 14 files go up, "))
            // The same table, but for what was cached.
            func titles(_ text: String) -> [Substring] {
                text.split(separator: "\n").drop { !$0.hasPrefix("LAYER") }.dropLast().map {
                    $0.prefix { $0 != "(" }
                }
                .map { $0.prefix(40) }
            }
            #expect(titles(there.error) == titles(here.error))
            #expect(titles(here.error).count > 3)
        }
        let made = try ["here", "there"].map { try bytes(command.directory.path.appending($0)) }
        #expect(made[0].keys.sorted() == made[1].keys.sorted())
        for (name, content) in made[0] { #expect(made[1][name] == content, "\(name) is another file") }
        #expect(made[0].count > 10)
        // Nothing is left here of what was on its way.
        #expect(try command.directory.files().allSatisfy { !$0.contains("remote-") })
    }

    /// By a lock that goes up with its manifest, and without the code.
    @Test func lockedAndWithoutCode() async throws {
        let site = try await ServiceSite()
        let command = try await command(site)
        let locked = try command.run(["lock"] + arguments(["-q"]).dropFirst())
        #expect(locked.status == 0, "\(locked.error)")
        try WheelFixture("beta", "1.5").write(to: command.directory.path.appending("links"))
        let build = arguments(["-q", "--locked", "--code", "none", "-o", "type=oci,dest=../out"])
        let here = try command.run(build)
        #expect(here.status == 0, "\(here.error)")
        try await serving(site) { port in
            let remote = ["--server", "http://127.0.0.1:\(port)"]
            let there = try await command.runAside(build + remote)
            #expect(there.status == 0, "\(there.error)")
            #expect(there.output == here.output)
            try FileSystem.write(
                "--no-index\nalpha\nbeta>1\n".utf8, to: command.directory.path.pushing("reqs/requirements.txt"))
            let refused = try await command.runAside(build + remote)
            #expect(refused.status == 1)
            #expect(refused.error.contains("Update beta v1.0 -> v1.5"), "\(refused.error)")
        }
    }

    @Test func anIndexIsTheSame() async throws {
        let site = try await ServiceSite()
        let platforms = ["linux/amd64", "linux/arm64"]
        let command = try await command(site, platforms: platforms)
        func all(_ place: String) -> [String] {
            arguments(["-o", "type=oci,dest=../\(place)", "-q"], platforms: platforms.joined(separator: ","))
        }
        let here = try command.run(all("here"))
        #expect(here.status == 0, "\(here.error)")
        try await serving(site) { port in
            let there = try await command.runAside(all("there") + ["--server", "http://127.0.0.1:\(port)"])
            #expect(there.status == 0, "\(there.error)")
            #expect(there.error == "")
            #expect(there.output == here.output)
        }
        let root = command.directory.path
        #expect(try bytes(root.appending("there")) == bytes(root.appending("here")))
    }

    @Test func theBillOfMaterialsIsTheSameButForTheBase() async throws {
        let site = try await ServiceSite()
        let command = try await command(site)
        func all(_ place: String, _ more: [String] = []) -> [String] {
            arguments(["-o", "type=image", "-q", "--sbom", "../\(place).cdx.json"] + more)
        }
        let here = try command.run(all("here"))
        #expect(here.status == 0, "\(here.error)")
        func packages(_ place: String) throws -> [String] {
            let path = command.directory.path.appending("\(place).cdx.json")
            let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
            // What is nobody's business is in neither.
            #expect(!text.contains(command.directory.path.string))
            return text.matches(of: /"(pkg:[^"]+)"/).map { String($0.1) }.filter { !$0.hasPrefix("pkg:deb/") }
        }
        try await serving(site) { port in
            let server = ["--server", "http://127.0.0.1:\(port)"]
            let there = try await command.runAside(all("there", server))
            #expect(there.status == 0, "\(there.error)")
            #expect(try packages("there") == packages("here"))
            #expect(try packages("there").contains("pkg:pypi/alpha@1.0"))
            let attached = try await command.runAside(
                arguments(["-t", "127.0.0.1:1/a:1", "--push", "--attest", "sbom"] + server))
            #expect(attached.status == 1)
            #expect(attached.error.contains("error: a server attaches no bill of materials to what it pushes\n"))
            let several = try await command.runAside(
                arguments(["-q", "--sbom", "../a.json"] + server, platforms: "linux/amd64,linux/arm64"))
            #expect(several.status == 1)
            #expect(several.error.contains("hint: build for one --platform to write it\n"))
        }
    }

    @Test func aChangedLineSendsOneFile() async throws {
        let site = try await ServiceSite()
        let command = try await command(site)
        try await serving(site) { port in
            let all = arguments(["--server", "http://127.0.0.1:\(port)", "-o", "type=image"])
            let first = try await command.runAside(all)
            #expect(first.status == 0, "\(first.error)")
            let again = try await command.runAside(all)
            #expect(again.status == 0 && again.output == first.output)
            #expect(!again.error.contains("go up"))
            try FileSystem.write("print('hallo')\n".utf8, to: command.context.appending("main.py"))
            let changed = try await command.runAside(all)
            #expect(changed.status == 0 && changed.output != first.output)
            #expect(changed.error.contains("notice: context: 1 of the context's 14 files go up, 15 B\n"))
        }
    }

    @Test func errorsAreTheSame() async throws {
        let site = try await ServiceSite()
        let command = try await command(site)
        try FileSystem.write(
            "--no-index\ngamma\n".utf8, to: command.directory.path.pushing("reqs/requirements.txt"))
        let here = try command.run(arguments(["-q"]))
        try await serving(site) { port in
            let there = try await command.runAside(arguments(["-q", "--server", "http://127.0.0.1:\(port)"]))
            #expect(there.status == here.status && here.status == 1)
            #expect(there.error.split(separator: "\n").first == here.error.split(separator: "\n").first)
            let listed = try await command.runAside([
                "builds", "list", "--server", "http://127.0.0.1:\(port)", "--state", "failed",
            ])
            #expect(listed.output.split(separator: "\n").count == 2, "\(listed.error)")
            let id = String(listed.output.split(separator: "\n").last?.prefix { $0 != " " } ?? "")
            let retried = try await command.runAside([
                "builds", "retry", id, "--server", "http://127.0.0.1:\(port)",
            ])
            #expect(retried.status == 0, "\(retried.error)")
            let log = try await command.runAside([
                "builds", "logs", "-f", String(retried.output.dropLast()), "--server", "http://127.0.0.1:\(port)",
            ])
            #expect(log.status == 1)
            #expect(log.output.contains("resolve: resolve the requirements\n"))
            #expect(log.error.split(separator: "\n").first == here.error.split(separator: "\n").first)
        }
    }

    /// A registry that holds its answers until it is told.
    private func pushing(
        _ gate: Gate, _ operation: (_ host: String) async throws -> Void
    ) async throws {
        let registry = try await TestRegistry()
        try await LoopbackServer.run(answering: { try await gate.forward($0, to: registry) }) { server in
            try await operation(server.host)
        }
    }

    @Test func aRestartOfTheServerDoesNotEndABuild() async throws {
        let (site, gate) = (try await ServiceSite(), Gate())
        let command = try await command(site)
        gate.close()
        try await pushing(gate) { host in
            let pool = WorkerPool(site.service)
            let working = Task { try await pool.run() }
            defer { working.cancel() }
            let (out, err) = (try command.file("out"), try command.file("err"))
            var process: Process?
            var port = 0
            try await serving(site, works: false) { first in
                port = first
                process = try command.start(
                    arguments(["-t", "\(host)/team/app:1", "--push", "--server", "http://127.0.0.1:\(first)"]),
                    output: out.handle, error: err.handle)
                try await eventually("the build pushes") { gate.waiting > 0 }
            }
            // Gone for as long as it takes to be told of.
            try await eventually("the client tells") { try command.text(err.path).contains("is asked again") }
            gate.open()
            let child = try #require(process)
            try await serving(site, works: false, port: port) { _ in
                try await eventually("the build ends") { !child.isRunning }
            }
            let error = try command.text(err.path)
            #expect(child.terminationStatus == 0, "\(error)")
            #expect(error.contains("notice: http://127.0.0.1:\(port) answers again\n"))
            #expect(try command.text(out.path).hasPrefix("\(host)/team/app@sha256:"))
            let builds = try await site.service.builds(BuildFilter()).builds
            #expect(builds.map(\.state) == [.succeeded])
        }
    }

    @Test func ctrlCCallsTheBuildOff() async throws {
        let (site, gate) = (try await ServiceSite(), Gate())
        let command = try await command(site)
        gate.close()
        try await pushing(gate) { host in
            try await serving(site) { port in
                let (out, err) = (try command.file("out"), try command.file("err"))
                let child = try command.start(
                    arguments(["-t", "\(host)/team/app:1", "--push", "--server", "http://127.0.0.1:\(port)"]),
                    output: out.handle, error: err.handle)
                try await eventually("the build pushes") { gate.waiting > 0 }
                kill(child.processIdentifier, SIGINT)
                try await eventually("the command ends") { !child.isRunning }
                #expect(child.terminationStatus == 130)
                let error = try command.text(err.path)
                #expect(
                    error.hasSuffix(" is called off on http://127.0.0.1:\(port)\nerror: interrupted\n"), "\(error)")
                try await eventually("the build is called off") {
                    try await site.service.builds(BuildFilter()).builds.map(\.state) == [.cancelled]
                }
                gate.open()
            }
        }
    }

    @Test func anArchiveIsABaseToo() async throws {
        let site = try await ServiceSite()
        let command = try await command(site)
        let root = command.directory.path
        let image = try await OCILayout(root.appending("base")).image(for: nil)
        let file = try TemporaryFile(besides: root.appending("base.tar"))
        try await DockerArchiveWriter.write(image, tags: []) { try file.write($0) }
        try file.commit(to: root.appending("base.tar"))
        let all = ["build", ".", "--base", "../base.tar", "-q"]
        let here = try command.run(all)
        #expect(here.status == 0, "\(here.error)")
        try await serving(site) { port in
            let there = try await command.runAside(all + ["--server", "http://127.0.0.1:\(port)"])
            #expect(there.status == 0, "\(there.error)")
            #expect(there.output == here.output)
        }
    }
}
