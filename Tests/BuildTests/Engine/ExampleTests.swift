import Content
import Diagnostics
import Foundation
import Images
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// The example from its files to a running container, by the program itself: Debian's packages, PyPI, a registry,
/// skopeo and podman. Bases and wheels are kept in `.build/test-cache` for the next run.
@Suite(.serialized) struct ExampleTests {
    private static let project = FilePath(#filePath).removingLastComponent().removingLastComponent()
        .removingLastComponent().removingLastComponent()
    private static let example = project.pushing("examples/sklearn-pipeline")
    private static let cache = project.pushing(".build/test-cache")

    /// What keeps containers from running here, in the kernel's words; nil if nothing does.
    private static let obstacle: String? = {
        do {
            try run("unshare", ["--mount", "--pid", "--fork", "mount", "-t", "proc", "proc", "/proc"])
            return nil
        } catch {
            return "\(error)"
        }
    }()

    @Test func theExampleIsBuiltPushedAndPulled() async throws {
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/pipeline:1")
            let digest = try await build(tag)
            let scratch = try TemporaryDirectory()
            let told = try await runAside("skopeo", ["inspect", "--tls-verify=false", "docker://\(tag)"])
            #expect(String(decoding: told, as: UTF8.self).contains(digest))
            let copy = scratch.path.appending("copy")
            try await runAside(
                "skopeo", ["copy", "--insecure-policy", "--src-tls-verify=false", "docker://\(tag)", "oci:\(copy):x"])
            let image = try await OCILayout(copy).image(for: nil)
            #expect(image.descriptor.digest.description == digest)
            #expect(try await ImageValidator.problems(of: image) == [])
            #expect(try await build(tag) == digest)
        }
    }

    @Test(.enabled(if: obstacle == nil, "the kernel refuses containers: \(obstacle ?? "")"))
    func theExampleRuns() async throws {
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/pipeline:1")
            _ = try await build(tag)
            let scratch = try TemporaryDirectory()
            let storage = [
                "--root", scratch.path.appending("storage").string, "--runroot", scratch.path.appending("run").string,
                "--runtime", "runc", "--cgroup-manager", "cgroupfs",
            ]
            let limits = ["--network", "host", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
            let output = try await runAside(
                "podman", storage + ["run", "--rm", "--tls-verify=false"] + limits + [tag.description])
            #expect(String(decoding: output, as: UTF8.self).contains("accuracy:"))
            // Mounts of its storage would outlive the directory.
            try await runAside("podman", storage + ["system", "reset", "--force"])
        }
    }

    /// Builds the example and pushes it.
    /// - Returns: the digest that the program tells.
    private func build(_ tag: Reference) async throws -> String {
        let scratch = try TemporaryDirectory()
        let metadata = scratch.path.appending("id")
        let arguments = [
            "build", Self.example.string, "-t", tag.description, "--push", "--metadata-file", metadata.string,
        ]
        let (program, environment) = (try ProcessTests.program, ["COOPERAGE_CACHE_DIR": Self.cache.string])
        _ = try await blocking { try run(program, arguments, environment: environment) }
        struct Metadata: Decodable {
            let digest: String
            private enum CodingKeys: String, CodingKey { case digest = "containerimage.digest" }
        }
        return try JSONDecoder().decode(Metadata.self, from: Data(FileSystem.read(metadata))).digest
    }

    /// The base of the example, as `cooperage base build` makes it.
    private func base(rebuild: Bool) async throws -> Image {
        let configuration = BuildEngine.Configuration(
            cache: try BuildCache(Self.cache), environment: BuildSite.environment)
        let engine = try BuildEngine(configuration, events: .none)
        return try #require(try await engine.base(named: "python-3.11", platforms: [], rebuild: rebuild).images.first)
    }

    @Test func theBaseIsASystemAndPip() async throws {
        let image = try await base(rebuild: false)
        #expect(try await ImageValidator.problems(of: image) == [])
        #expect(image.manifest.layers.count == 2)
        #expect(image.configuration.history?.last?.comment?.hasPrefix("python: pip ") == true)
        let settings = try #require(image.configuration.config)
        #expect(settings.user == "1000:1000")
        #expect(settings.environment("VIRTUAL_ENV") == "/opt/venv")
        #expect(settings.environment("PATH")?.hasPrefix("/opt/venv/bin:") == true)
        let tree = try await BuildTests.tree(of: image)
        #expect(tree["lib"]?.target == "usr/lib")
        #expect(tree["opt/venv/bin/pip"]?.mode == 0o755)
        #expect(!tree.keys.contains { $0.hasPrefix("dev/") })
    }

    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment["COOPERAGE_TEST_LARGE"] == "1",
            "it takes mmdebstrap minutes: make test-large runs it"))
    func theBaseIsTheSameTwice() async throws {
        let first = try await base(rebuild: true)
        let second = try await base(rebuild: true)
        #expect(first.descriptor.digest == second.descriptor.digest)
        #expect(first.manifest.layers == second.manifest.layers)
    }
}
