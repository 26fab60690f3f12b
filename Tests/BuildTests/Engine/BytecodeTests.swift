import Content
import Diagnostics
import Foundation
import Images
import Layers
import OCI
import Python
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Images whose packages come with their bytecode.
@Suite struct BytecodeTests {
    private static let site = "opt/venv/lib/python3.11/site-packages"

    private static func spec(_ site: BuildSite, base: FilePath? = nil, platforms: [Platform] = []) -> BuildSpec {
        var spec = site.spec(platforms: platforms)
        if let base { spec.stages[0].base = .layout(path: base.string) }
        var step = site.pythonStep
        step.compilesBytecode = true
        spec.stages[0].steps[0] = .python(step)
        return spec
    }

    @Test func eachLayerOfWheelsHasOneAboveThem() async throws {
        let site = try await BuildSite()
        let plain = try #require(try await site.engine().plan(site.spec()).first)
        let plan = try #require(try await site.engine().plan(Self.spec(site)).first)
        let wheels = plain.layers.filter { $0.title.hasPrefix("python: ") }
        let titles = wheels.map { $0.title.replacing("python: ", with: "bytecode: ") }
        #expect(titles.contains("bytecode: huge 1.0"))
        #expect(
            plan.layers.map(\.title) == wheels.map(\.title) + titles + ["code: 3 files in /app"])
        // Whoever has the image without bytecode has all of these.
        #expect(plan.layers.map(\.key).prefix(wheels.count) == wheels.map(\.key)[...])
        #expect(Set(plan.layers.map(\.key)).count == plan.layers.count)
    }

    @Test func theImageIsTheSameEverywhere() async throws {
        let site = try await BuildSite()
        let first = try await site.engine().build(Self.spec(site), tags: [], outputs: [])
        try await first.images.expectSound()
        for (cache, workers) in [("cache", 2), ("one", 1), ("many", 5)] {
            let again = try await site.engine(cache: cache) { $0.workers = workers }.build(
                Self.spec(site), tags: [], outputs: [])
            #expect(again.images.root.digest == first.images.root.digest)
            try site.expectWhole(cache: cache)
        }
        let tree = try await BuildTests.tree(of: try #require(first.images.images.first))
        for path in ["__pycache__/alpha", "__pycache__/gamma", "huge/__pycache__/__init__"] {
            #expect(tree["\(Self.site)/\(path).cpython-311.pyc"]?.mode == 0o644, "\(path)")
        }
        // A directory of the base keeps its mode in every layer.
        #expect(tree[Self.site]?.mode == 0o775)
        // The code is the user's to compile.
        #expect(!tree.keys.contains { $0.hasPrefix("opt/app/") && $0.contains("__pycache__") })
    }

    @Test func aChangedWheelChangesItsOwnLayersAlone() async throws {
        let site = try await BuildSite()
        let before = try #require(try await site.engine().plan(Self.spec(site)).first)
        try WheelFixture("huge", "2.0", files: [("huge/__init__.py", []), ("huge/noise.bin", sampleBytes(70_002))])
            .write(to: site.links)
        let log = EventLog()
        _ = try await site.engine().build(Self.spec(site), tags: [], outputs: [])
        var newer = Self.spec(site)
        if case .python(var step) = newer.stages[0].steps[0] {
            step.upgrade = true
            newer.stages[0].steps[0] = .python(step)
        }
        let after = try #require(try await site.engine().plan(newer).first)
        let changed = after.layers.filter { layer in !before.layers.contains { $0.key == layer.key } }.map(\.title)
        #expect(changed.sorted() == ["bytecode: huge 2.0", "python: huge 2.0"] || changed.isEmpty)
        _ = try await site.engine(events: log).build(newer, tags: [], outputs: [])
        #expect(log.layers(.cached).contains { $0.hasPrefix("bytecode: ") })
    }

    /// Bytecode that no RECORD lists goes with its modules.
    @Test func whatIsReplacedGoesWithItsBytecode() async throws {
        let wheels = [
            try WheelFixture("alpha", "1.0", files: [("alpha_old/__init__.py", []), ("alpha_old/v1.x.py", [])]),
            try WheelFixture("alpha", "2.0"), try WheelFixture("beta", "1.0"),
        ]
        let site = try await BuildSite(wheels: wheels)
        try site.requirements("alpha==1.0\nbeta\n")
        let filled = site.root.appending("filled")
        let first = try await site.engine().build(Self.spec(site), tags: [], outputs: [.layout(filled)])
        let old = try await BuildTests.tree(of: try #require(first.images.images.first))
        #expect(old["\(Self.site)/alpha_old/__pycache__/v1.x.cpython-311.pyc"] != nil)

        try site.requirements("alpha==2.0\nbeta\n")
        var without = site.spec()
        without.stages[0].base = .layout(path: filled.string)
        let second = try await site.engine().build(without, tags: [], outputs: [])
        let tree = try await BuildTests.tree(of: try #require(second.images.images.first))
        #expect(tree["\(Self.site)/alpha.py"] != nil && tree["\(Self.site)/__pycache__/alpha.cpython-311.pyc"] == nil)
        #expect(tree["\(Self.site)/__pycache__/beta.cpython-311.pyc"] != nil)
        #expect(!tree.keys.contains { $0.hasPrefix("\(Self.site)/alpha_old") })
    }

    @Test func bytecodeIsForEveryPlatform() async throws {
        let platforms = ["amd64", "arm64"].map { Platform(os: "linux", architecture: $0) }
        let site = try await BuildSite(platforms: platforms)
        let plans = try await site.engine().plan(Self.spec(site, platforms: platforms))
        try #require(plans.count == 2)
        let keys = plans.map { $0.layers.filter { $0.title.hasPrefix("bytecode: ") }.map(\.key) }
        #expect(keys[0] == keys[1] && !keys[0].isEmpty)
    }

    /// Python takes the bytecode, and compiles nothing.
    @Test(
        .enabled(
            if: ContainerRuntime.obstacle == nil,
            "the kernel refuses containers: \(ContainerRuntime.obstacle ?? "")"))
    func pythonTakesIt() async throws {
        let site = try await BuildSite()
        try await OCILayoutWriter(site.root.appending("catalog")).write(
            ImageSet(try await ExampleTests.base(rebuild: false)), tags: [])
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/bytecode:1")
            _ = try await site.engine().build(
                Self.spec(site, base: site.root.appending("catalog")), tags: [tag], outputs: [.registry])
            let told = try await ContainerRuntime.run { containers in
                try await containers.output(
                    of: tag.description, options: ["--read-only", "--entrypoint", "sh"],
                    ["-c", "python -v -c 'import alpha, huge; print(alpha.__cached__)' 2>&1"])
            }
            for path in ["__pycache__/alpha", "huge/__pycache__/__init__"] {
                #expect(told.contains("# code object from '/\(Self.site)/\(path).cpython-311.pyc'"), "\(told)")
            }
            #expect(!told.contains("# code object from /\(Self.site)/"))
            #expect(!told.contains("# wrote"))
        }
    }

    @Test func withoutAnInterpreterTheBuildTellsWhich() async throws {
        let site = try await BuildSite()
        let uv = String(decoding: try run("sh", ["-c", "command -v uv"]), as: UTF8.self).filter { $0 != "\n" }
        // It finds none for this, and still one for itself.
        let wrapper = """
            #!/bin/sh
            [ "$1" != python ] || { echo 'error: No interpreter found' >&2; exit 2; }
            exec \(uv) "$@"

            """
        let path = try site.directory.write(Array(wrapper.utf8), to: "uv")
        guard chmod(path.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        let environment = ["COOPERAGE_UV": path.string]
        let engine = try site.engine(environment: environment)
        let error = await #expect(throws: PythonError.self) {
            try await engine.build(Self.spec(site), tags: [], outputs: [])
        }
        #expect(error?.code == .buildPythonMissing)
        #expect(error?.message.contains("Python 3.11, the image's") == true)
        #expect(try await site.engine(environment: environment).plan(site.spec()).count == 1)
        // What a Dockerfile asks for in passing is told, and left out.
        var step = site.pythonStep
        step.compilesBytecode = true
        var options = InstallationOptions()
        options.hasOptionalBytecode = true
        step.options = options
        let log = EventLog()
        let plan = try await site.engine(events: log, environment: environment).plan(
            BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(step)])]))
        #expect(plan.first?.layers.contains { $0.title.hasPrefix("bytecode") } == false)
        #expect(log.all.contains { if case .warning(let text) = $0 { text.hasPrefix("no bytecode") } else { false } })
    }
}
