import Content
import Foundation
import OCI
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

/// docker's own client against the endpoint.
@Suite struct DockerClientTests {
    @Test func buildTagPushAndWhatIsNotServed() async throws {
        try await DockerRegistry.run { registry in
            try await EngineSite.run { engine in
                let context = try engine.context(from: try await engine.pushBase(to: registry.host))
                let name = "\(registry.host)/team/app"
                let file = engine.site.root.appending("iid")
                let built = try await engine.docker([
                    "build", "-t", "\(name):1", "--iidfile", file.string, "--build-arg", "MODE=x", context.string,
                ])
                #expect(built.status == 0, "\(built.output)")
                #expect(built.output.contains("Successfully tagged \(name):1"), "\(built.output)")
                let id = String(decoding: try FileSystem.read(file), as: UTF8.self)
                let quiet = try await engine.docker(["build", "-q", "--build-arg", "MODE=x", context.string])
                #expect(quiet.output.contains("\(id)\n"), "\(quiet.output)")
                #expect(try await engine.docker(["tag", "\(name):1", "\(name):2"]).status == 0)
                let pushed = try await engine.docker(["push", "\(name):2"])
                let digest = try await RegistryLook.digest("team/app", "2", on: registry.host)
                #expect(pushed.status == 0 && pushed.output.contains("2: digest: \(digest) size: "), "\(pushed.output)")
                let inspected = try await engine.docker(["inspect", "-f", "{{.Id}} {{.RepoDigests}}", "\(name):2"])
                #expect(inspected.output.contains("\(id) [\(name)@\(digest)]"), "\(inspected.output)")
                let listed = try await engine.docker(["images", "-q", "--no-trunc"])
                #expect(listed.output.contains(id), "\(listed.output)")
                #expect(try await engine.docker(["version"]).output.contains("1.44"))
                #expect(try await engine.docker(["info"]).output.contains("runs no containers"))

                let run = try await engine.docker(["run", "\(name):2"])
                #expect(run.status != 0 && run.output.contains("does nothing else of an engine"), "\(run.output)")
                let missing = try await engine.docker(["push", "\(name):3"])
                #expect(missing.status != 0 && missing.output.contains("does not exist locally"), "\(missing.output)")
                let removed = try await engine.docker(["rmi", "\(name):1", "\(name):2"])
                #expect(removed.output.contains("Deleted: \(id)"), "\(removed.output)")
                #expect(try await engine.docker(["inspect", "\(name):2"]).status != 0)

                let unknown = try engine.context(from: "\(registry.host)/base/python:1", more: "RUN make install")
                let refused = try await engine.docker(["build", unknown.string])
                #expect(refused.status != 0 && refused.output.contains("Dockerfile:9:"), "\(refused.output)")
                // The Dockerfile may lie elsewhere.
                let moved = engine.site.root.appending("Other")
                try FileSystem.write("FROM \(registry.host)/base/python:1\nCOPY . /app/\n".utf8, to: moved)
                let other = try await engine.docker(["build", "-f", moved.string, context.string])
                #expect(other.status == 0, "\(other.output)")
            }
        }
    }

    @Test func aClientThatGoesEndsItsBuild() async throws {
        // Nobody works, so the build waits.
        try await EngineSite.run(works: false) { engine in
            // One that no registry has to be asked for; it runs as another user.
            let context = try engine.context(from: "python-3.11\nUSER root")
            let archive = engine.site.root.appending("context.tar")
            try await runAside("tar", ["-cf", archive.string, "-C", context.string, "."])
            let client = try ServerProcess(
                "curl",
                [
                    "-sS", "-N", "--unix-socket", engine.socket.path.string, "-X", "POST", "--data-binary",
                    "@\(archive)", "http://docker/build",
                ], package: "curl")
            try await eventually("the build waits") { try await engine.site.store.activeCounts().count == 1 }
            client.stop()
            try await eventually("it is called off") {
                try await engine.service.builds(BuildFilter()).builds.first?.state == .cancelled
            }
        }
    }
}
