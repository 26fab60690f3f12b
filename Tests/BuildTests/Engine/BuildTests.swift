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

/// The way from a spec to an image in a cache, a layout or an archive.
@Suite struct BuildTests {
    /// Every path of an image with its entry, the upper layer's where two have it.
    static func tree(of image: Image) async throws -> [String: IndexedEntry] {
        var indexes: [LayerIndex] = []
        for layer in image.manifest.layers {
            indexes.append(try LayerIndexer.index(await image.layer(layer).open(), mediaType: layer.mediaType))
        }
        let tree = FileTree(indexes)
        return Dictionary(uniqueKeysWithValues: tree.paths.compactMap { path in tree.entry(path).map { (path, $0) } })
    }

    @Test func anImageHoldsItsPackagesAndItsCode() async throws {
        let site = try await BuildSite()
        let result = try await site.engine().build(site.spec(), tags: [], outputs: [])
        try await result.images.expectSound()
        try site.expectWhole()
        let image = try #require(result.images.images.first)
        #expect(image.descriptor.digest == result.images.root.digest)
        #expect(result.images.indexBytes == nil)

        let tree = try await Self.tree(of: image)
        let packages = "opt/venv/lib/python3.11/site-packages"
        for name in ["alpha.py", "beta.py", "gamma.py", "huge/noise.bin", "alpha-1.0.dist-info/RECORD"] {
            #expect(tree["\(packages)/\(name)"]?.kind == .file, "\(name)")
        }
        // /app is a link to /opt/app in the base: the files go where it leads, and the link stays.
        #expect(tree["app"]?.kind == .symbolicLink)
        #expect(tree["opt/app/pipeline/steps.py"]?.mode == 0o644)
        #expect(tree["opt/app/run.sh"]?.mode == 0o755)
        #expect(tree["opt/app/latest"]?.target == "pipeline")
        #expect(tree["lib"]?.kind == .symbolicLink)
        // A directory of the base keeps its mode.
        #expect(tree[packages]?.mode == 0o775)

        let settings = try #require(image.configuration.config)
        #expect(settings.environment("MODE") == "test")
        #expect(settings.environment("VIRTUAL_ENV") == "/opt/venv")
        #expect(settings.entrypoint == ["python", "main.py"])
        #expect(settings.cmd == nil)
        #expect(settings.workingDir == "/app")
        #expect(image.configuration.created == "1980-01-02T00:00:00Z")
        #expect(image.manifest.annotations?["org.example.note"] == "x")
        #expect(image.manifest.annotations?["org.opencontainers.image.base.digest"]?.hasPrefix("sha256:") == true)
        #expect(image.configuration.history?.map(\.comment).suffix(1) == ["code: 3 files in /app"])
    }

    @Test func aPlanIsAValueThatNothingWasMadeFor() async throws {
        let site = try await BuildSite()
        let engine = try site.engine()
        let plans = try await engine.plan(site.spec())
        #expect(try await engine.plan(site.spec()) == plans)
        let plan = try #require(plans.first)
        #expect(plan.layers.map(\.cached) == Array(repeating: nil, count: plan.layers.count))
        #expect(plan.layers.map(\.title).contains("python: huge 1.0"))
        let data = try CanonicalJSON.encode(plan)
        #expect(try CanonicalJSON.decode(BuildPlan.self, from: data) == plan)
        #expect(try FileSystem.names(in: site.root.appending("cache/ingest")) == [])

        _ = try await engine.build(site.spec(), tags: [], outputs: [])
        let later = try #require(try await engine.plan(site.spec()).first)
        #expect(later.layers.allSatisfy { $0.cached != nil })
    }

    @Test func layoutsAndArchivesHoldTheSameImage() async throws {
        let site = try await BuildSite()
        let (layout, archive) = (site.root.appending("out"), site.root.appending("image.tar"))
        let tag = try Reference("registry.example/team/app:1")
        let result = try await site.engine().build(
            site.spec(), tags: [tag], outputs: [.layout(layout), .dockerArchive(archive)])

        let read = try await OCILayout(layout, reference: tag.description).image(for: nil)
        #expect(read.descriptor.digest == result.images.root.digest)
        try await ImageSet(read).expectSound()
        #expect(try FileSystem.names(in: layout) == ["blobs", "index.json", "oci-layout"])

        let unpacked = try await DockerArchive(archive, into: site.directory.store()).image(for: nil)
        try await ImageSet(unpacked).expectSound()
        #expect(unpacked.manifest.layers.map(\.digest) == read.manifest.layers.map(\.digest))
        #expect(unpacked.configurationBytes == read.configurationBytes)

        // Foreign readers.
        let told = try await runAside("skopeo", ["inspect", "--raw", "oci:\(layout):1"])
        #expect(try Digester.digest(of: told) == result.images.root.digest)
        try await runAside(
            "skopeo",
            ["copy", "--insecure-policy", "docker-archive:\(archive)", "oci:\(site.root)/copied:x"])
        let copied = try await OCILayout(site.root.appending("copied")).image(for: nil)
        try await ImageSet(copied).expectSound()
        #expect(copied.configuration.rootfs == read.configuration.rootfs)
        for layer in read.manifest.layers {
            try run("gzip", ["-t"], input: await read.layer(layer).readAll())
        }
    }

    @Test func aLayoutTakesFurtherImagesAndNothingElseIsOverwritten() async throws {
        let site = try await BuildSite()
        let layout = site.root.appending("out")
        let engine = try site.engine()
        let (one, two) = (try Reference("example.org/a:1"), try Reference("example.org/a:2"))
        let first = try await engine.build(site.spec(), tags: [one], outputs: [.layout(layout)])
        try site.directory.write(Array("NUMBER = 2\n".utf8), to: "context/pipeline/steps.py")
        let second = try await engine.build(site.spec(), tags: [two], outputs: [.layout(layout)])
        #expect(first.images.root.digest != second.images.root.digest)
        #expect(try await OCILayout(layout, reference: "1").root().digest == first.images.root.digest)
        #expect(try await OCILayout(layout, reference: "2").root().digest == second.images.root.digest)

        let error = try await #require(throws: ImageError.self) {
            try await engine.build(site.spec(), tags: [], outputs: [.layout(site.context)])
        }
        #expect(error.code == .occupied)
        #expect(error.message.contains(site.context.string))
        #expect(!error.hints.isEmpty)
    }

    @Test func severalPlatformsGiveAnIndex() async throws {
        let platforms = [try Platform("linux/amd64"), try Platform("linux/arm64")]
        let native = try [
            WheelFixture("native", "1.0", tag: "cp311-cp311-manylinux_2_17_x86_64"),
            WheelFixture("native", "1.0", tag: "cp311-cp311-manylinux_2_17_aarch64"),
            WheelFixture("pure", "1.0"),
        ]
        let site = try await BuildSite(platforms: platforms, wheels: native)
        try site.requirements("native\npure\n")
        let layout = site.root.appending("out")
        let result = try await site.engine().build(
            site.spec(platforms: platforms), tags: [], outputs: [.layout(layout)])
        try await result.images.expectSound()
        #expect(result.images.images.map(\.configuration.platform) == platforms)
        let written = try OCILayout(layout)
        for (platform, image) in zip(platforms, result.images.images) {
            let read = try await written.image(for: platform)
            #expect(read.manifestBytes == image.manifestBytes)
            let tree = try await Self.tree(of: read)
            let machine = platform.architecture == "amd64" ? "x86_64" : "aarch64"
            let record = tree.keys.contains { $0.hasSuffix("site-packages/native.py") }
            #expect(record)
            let wheel = try await site.engine().plan(site.spec(platforms: [platform])).first
            let names = wheel?.layers.flatMap { layer -> [String] in
                if case .wheels(let layer) = layer.recipe { layer.wheels.map(\.wheel.filename) } else { [] }
            }
            #expect(names?.contains { $0.hasSuffix("\(machine).whl") } == true)
        }
        // What is pure is one layer for both: `pure` and the code.
        let layers = result.images.images.map { $0.manifest.layers.map(\.digest) }
        let base = try await OCILayout(site.base).image(for: platforms[0]).manifest.layers.count
        #expect(layers[0].count == base + 3)
        #expect(Set(layers[0].dropFirst(base)).intersection(layers[1].dropFirst(base)).count == 2)

        let error = try await #require(throws: ImageError.self) {
            try await site.engine().build(
                site.spec(platforms: [try Platform("linux/s390x")]), tags: [], outputs: [])
        }
        #expect(error.code == .platformNotFound)
        #expect(error.hints.contains { $0.contains("linux/arm64") })
    }

    @Test func aLockIsWrittenAndGivesTheSameImage() async throws {
        let site = try await BuildSite()
        let lock = site.root.appending("pylock.toml")
        var step = site.pythonStep
        step.lockFile = lock.string
        let first = try await site.engine().build(
            BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(step)])]), tags: [],
            outputs: [])
        let locked = PythonStep(manifests: [lock.string])
        let second = try await site.engine(cache: "other").build(
            BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(locked)])]), tags: [],
            outputs: [])
        #expect(second.images.root.digest == first.images.root.digest)
    }

    @Test func anArchiveIsABase() async throws {
        let site = try await BuildSite()
        let archive = site.root.appending("base.tar")
        let layout = try await OCILayout(site.base).image(for: nil)
        let file = try TemporaryFile(besides: archive)
        try await DockerArchiveWriter.write(layout, tags: []) { try file.write($0) }
        try file.commit(to: archive)
        let spec = BuildSpec(
            stages: [Stage(base: .archive(path: archive.string), steps: [.python(site.pythonStep)])])
        let result = try await site.engine().build(spec, tags: [], outputs: [])
        try await result.images.expectSound()
    }

    @Test func twoWheelsMayOwnOnePath() async throws {
        let shared = "plugins/__init__.py"
        let wheels = try (0..<12).map { number in
            // One of them is large enough for a layer of its own, and the length of the file tells whose it is.
            try WheelFixture(
                "part\(number)", "1.0",
                files: [(shared, sampleBytes(number)), ("part\(number).bin", sampleBytes(number == 5 ? 70_000 : 1))])
        }
        let site = try await BuildSite(wheels: wheels)
        try site.requirements(wheels.map(\.name).joined(separator: "\n"))
        var told: [[String]] = []
        for _ in 0..<2 {
            let events = EventLog()
            let result = try await site.engine(events: events).build(site.spec(), tags: [], outputs: [])
            try await result.images.expectSound()
            let warnings = events.all.compactMap { if case .warning(let text) = $0 { text } else { nil } }
                .filter { $0.contains("/\(shared)") }
            // Eleven give way, and the last to be named is the one that a container sees.
            #expect(warnings.count == 11)
            let tree = try await Self.tree(of: #require(result.images.images.first))
            let size = try #require(tree.first { $0.key.hasSuffix(shared) }?.value.size)
            #expect(warnings.last?.hasSuffix("those of part\(size)-1.0-py3-none-any.whl are taken") == true)
            told.append(warnings)
        }
        // A build that makes no layer says the same.
        #expect(told[0] == told[1])
    }
}
