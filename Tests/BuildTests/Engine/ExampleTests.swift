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

    @Test(
        .enabled(
            if: ContainerRuntime.obstacle == nil, "the kernel refuses containers: \(ContainerRuntime.obstacle ?? "")"))
    func theExampleRuns() async throws {
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/pipeline:1")
            _ = try await build(tag)
            let output = try await ContainerRuntime.run { try await $0.output(of: tag.description) }
            #expect(output.contains("accuracy:"))
        }
    }

    @Test(
        .enabled(
            if: ContainerRuntime.obstacle == nil, "the kernel refuses containers: \(ContainerRuntime.obstacle ?? "")"))
    func aPackageOfTheBaseIsReplaced() async throws {
        let scratch = try TemporaryDirectory()
        // Another pip than the base has, which its own tools then find whole.
        try scratch.write(Array("pip==25.3\nidna==3.10\n".utf8), to: "requirements.txt")
        let script = """
            set -e
            pip --version
            pip list --format freeze
            pip check
            python -c 'import importlib.metadata as m; print(len([d for d in m.distributions() if d.name == "pip"]))'
            pip uninstall --yes idna
            ls /opt/venv/lib/python3.11/site-packages
            """
        let output = try await DockerRegistry.run { registry in
            let tag = "\(registry.host)/team/replaced:1"
            let (program, environment) = (try ProcessTests.program, ["COOPERAGE_CACHE_DIR": Self.cache.string])
            let arguments = ["build", scratch.path.string, "--base", "python-3.11", "-t", tag, "--push"]
            _ = try await blocking { try run(program, arguments, environment: environment) }
            return try await ContainerRuntime.run {
                try await $0.output(of: tag, options: ["--user", "0"], ["sh", "-c", script])
            }
        }
        let lines = output.split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("pip 25.3 from /opt/venv/") == true)
        #expect(lines.contains("idna==3.10") && lines.contains("pip==25.3") && lines.contains("1"))
        #expect(lines.contains("No broken requirements found."))
        #expect(lines.contains("  Successfully uninstalled idna-3.10"))
        #expect(lines.suffix(2) == ["pip", "pip-25.3.dist-info"])
    }

    @Test(
        .enabled(
            if: ContainerRuntime.obstacle == nil, "the kernel refuses containers: \(ContainerRuntime.obstacle ?? "")"))
    func theExampleRunsOnAPatchedBase() async throws {
        let scratch = try TemporaryDirectory()
        let layout = scratch.path.appending("base")
        try await OCILayoutWriter(layout).write(ImageSet(Self.base(rebuild: false)), tags: [])
        try scratch.write(Array("patched\n".utf8), to: "patch/patched")
        let (program, environment) = (try ProcessTests.program, ["COOPERAGE_CACHE_DIR": Self.cache.string])
        @Sendable func cooperage(_ arguments: String...) async throws -> String {
            let output = try await blocking { try run(program, arguments, environment: environment) }
            return String(decoding: output, as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
        }
        let output = try await DockerRegistry.run { registry in
            let (old, new) = ("\(registry.host)/base/python:1", "\(registry.host)/base/python:2")
            let app = "\(registry.host)/team/pipeline"
            _ = try await cooperage("copy", "oci:\(layout)", old)
            _ = try await cooperage(
                "build", scratch.path.appending("patch").string, "--base", old, "--code-root", "/srv/patch", "-t", new,
                "--push")
            let built = try await cooperage("build", Self.example.string, "--base", old, "-t", "\(app):1", "--push")
            let rebased = try await cooperage("rebase", "\(app):1", "--new-base", new, "-t", "\(app):2")
            let direct = try await cooperage("build", Self.example.string, "--base", new, "-t", "\(app):3", "--push")
            #expect(rebased == direct)
            #expect(rebased != built)
            return try await ContainerRuntime.run { runtime in
                [
                    try await runtime.output(of: rebased),
                    try await runtime.output(of: rebased, options: ["--entrypoint", "cat"], ["/srv/patch/patched"]),
                ]
            }
        }
        #expect(output[0].contains("accuracy:"))
        #expect(output[1] == "patched\n")
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
    static func base(rebuild: Bool) async throws -> Image {
        let configuration = BuildEngine.Configuration(
            cache: try BuildCache(cache), environment: BuildSite.environment)
        let engine = try BuildEngine(configuration, events: .none)
        return try #require(try await engine.base(named: "python-3.11", platforms: [], rebuild: rebuild).images.first)
    }

    @Test func theBaseIsASystemAndPip() async throws {
        let image = try await Self.base(rebuild: false)
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
        let first = try await Self.base(rebuild: true)
        let second = try await Self.base(rebuild: true)
        #expect(first.descriptor.digest == second.descriptor.digest)
        #expect(first.manifest.layers == second.manifest.layers)
    }
}
