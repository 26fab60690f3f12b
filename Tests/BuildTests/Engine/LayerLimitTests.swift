import Content
import Diagnostics
import Images
import Layers
import OCI
import Python
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Builds whose layers may have so many bytes and no more.
@Suite struct LayerLimitTests {
    private static let limit: Int64 = 60_000

    /// A wheel of which two layers are made, small ones that share a layer that would be too large, and code.
    private static func site() async throws -> BuildSite {
        let small = try (0..<9).map { number in
            try WheelFixture(
                "small\(number)", "1.0",
                files: [("small\(number)_data/noise.bin", sampleBytes(9_000, seed: UInt64(number + 5)))])
        }
        let large = try WheelFixture(
            "large", "1.0",
            files: (0..<6).map { ("large/noise\($0).bin", sampleBytes(20_000, seed: UInt64($0 + 50))) })
        let site = try await BuildSite(wheels: small + [large, try WheelFixture("gamma", "1.0")])
        try site.requirements("large\ngamma\n" + (0..<9).map { "small\($0)\n" }.joined())
        for number in 0..<8 {
            try site.directory.write(
                sampleBytes(15_000, seed: UInt64(number + 90)), to: "context/pipeline/data\(number)/noise.bin")
        }
        return site
    }

    private static func spec(_ site: BuildSite, limit: Int64? = limit) -> BuildSpec {
        var spec = site.spec()
        spec.layerLimit = limit
        return spec
    }

    private static func engine(_ site: BuildSite, cache: String = "cache") throws -> BuildEngine {
        try site.engine(cache: cache) { configuration in
            configuration.partition = WheelPartition(
                largeSize: 64 << 10, classBounds: [], cohortsPerClass: 1, platformCohortsPerClass: 1)
        }
    }

    @Test func theTreeIsTheSameAndNoLayerIsLarger() async throws {
        let site = try await Self.site()
        let engine = try Self.engine(site)
        let whole = try #require(
            try await engine.build(Self.spec(site, limit: nil), tags: [], outputs: []).images.images.first)
        let layout = site.root.appending("out")
        let result = try await engine.build(Self.spec(site), tags: [], outputs: [.layout(layout)])
        try await result.images.expectSound()
        let image = try #require(result.images.images.first)
        let base = 2
        #expect(whole.manifest.layers.dropFirst(base).contains { $0.size > Self.limit })
        for layer in image.manifest.layers.dropFirst(base) { #expect(layer.size <= Self.limit) }
        #expect(image.manifest.layers.prefix(base) == whole.manifest.layers.prefix(base))
        let (ours, theirs) = (try await BuildTests.tree(of: image), try await BuildTests.tree(of: whole))
        #expect(ours == theirs)
        #expect(image.configuration.config == whole.configuration.config)
        let titles = image.configuration.history?.suffix(from: base).compactMap(\.comment) ?? []
        #expect(titles.contains("python: large 1.0 (1 of 3)") && titles.contains("python: large 1.0 (3 of 3)"))
        #expect(titles.contains("code: 11 files in /app (1 of 3)"))
        #expect(Set(titles).count == titles.count)
        #expect(try await Self.unpacked(layout, site) == Self.unpacked(whole, site))
    }

    @Test func twoCachesGiveOneImage() async throws {
        let site = try await Self.site()
        func digest(_ cache: String) async throws -> Digest {
            try await Self.engine(site, cache: cache).build(Self.spec(site), tags: [], outputs: []).images.root.digest
        }
        let first = try await digest("one")
        #expect(try await digest("two") == first)
        #expect(try await digest("one") == first)
        // A cache that holds the whole layers decides nothing.
        _ = try await Self.engine(site, cache: "three").build(Self.spec(site, limit: nil), tags: [], outputs: [])
        #expect(try await digest("three") == first)
    }

    @Test func aPlanShowsThePartsAndTheCacheHasThemAfterwards() async throws {
        let site = try await Self.site()
        let engine = try Self.engine(site)
        let plan = try #require(try await engine.plan(Self.spec(site)).first)
        #expect(plan.layers.allSatisfy { $0.cached == nil })
        let image = try #require(try await engine.build(Self.spec(site), tags: [], outputs: []).images.images.first)
        #expect(image.manifest.layers.count == plan.base.layers.count + plan.layers.count)
        let again = try #require(try await engine.plan(Self.spec(site)).first)
        #expect(again.layers.map(\.key) == plan.layers.map(\.key))
        #expect(again.layers.compactMap(\.cached?.descriptor) == image.manifest.layers.suffix(plan.layers.count))
        let data = try CanonicalJSON.encode(plan)
        #expect(try CanonicalJSON.decode(BuildPlan.self, from: data) == plan)
    }

    @Test func whatIsWithinTheLimitIsTheSameLayerWithAndWithout() async throws {
        let site = try await BuildSite()
        let engine = try site.engine()
        var spec = site.spec()
        let plain = try await engine.plan(spec)
        spec.layerLimit = 1_000_000
        #expect(try await engine.plan(spec) == plain)
        // A wheel that was looked at and has room.
        spec.layerLimit = 80_000
        #expect(try await engine.plan(spec) == plain)
    }

    @Test func bytecodeIsDividedWithItsWheels() async throws {
        let site = try await Self.site()
        var step = site.pythonStep
        step.compilesBytecode = true
        step.options = InstallationOptions()
        step.options?.hasOptionalBytecode = true
        var spec = BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(step)])])
        let plain = try #require(try await Self.engine(site).plan(spec).first)
        spec.layerLimit = Self.limit
        let plan = try #require(try await Self.engine(site).plan(spec).first)
        func modules(_ plan: BuildPlan) -> [[String]] {
            plan.layers.compactMap {
                if case .bytecode(let layer) = $0.recipe { layer.modules.wheels.map(\.wheel.name) } else { nil }
            }
        }
        // Without a Python 3.11 on this machine neither plan has any.
        #expect(modules(plan).flatMap(\.self) == modules(plain).flatMap(\.self))
        #expect(modules(plan).isEmpty || modules(plan).count > modules(plain).count)
        #expect(
            plan.layers.compactMap(\.recipe.wheelLayer).flatMap(\.wheels).count
                == modules(plain).flatMap(\.self).count + 13)
    }

    @Test func aFileThatIsTooLargeIsNamed() async throws {
        let site = try await Self.site()
        try site.directory.write(sampleBytes(80_000, seed: 4), to: "context/model.bin")
        let error = try await #require(throws: LayerError.self) {
            try await Self.engine(site).build(Self.spec(site), tags: [], outputs: [])
        }
        #expect(error.code == .tooLarge && error.message.hasPrefix("the file '/opt/app/model.bin' has 80"))
        #expect(error.hints.first?.contains("--max-layer-size") == true)
        // One that shrinks has room in spite of its length.
        try site.directory.write([UInt8](repeating: 32, count: 80_000), to: "context/model.bin")
        _ = try await Self.engine(site).build(Self.spec(site), tags: [], outputs: [])
    }

    @Test func moreLayersThanRuntimesTakeAreRefused() async throws {
        let site = try await Self.site()
        for number in 0..<140 {
            try site.directory.write(sampleBytes(9_000, seed: UInt64(number)), to: "context/many/\(number)")
        }
        let error = try await #require(throws: BuildError.self) {
            try await Self.engine(site).plan(Self.spec(site, limit: 12_000))
        }
        #expect(error.code == .invalidSpec && error.message.contains("runtimes take no more than 127"))
    }

    // MARK: A foreign reader

    private static func unpacked(_ image: Image, _ site: BuildSite) async throws -> [String] {
        let layout = site.root.appending("whole")
        try await OCILayoutWriter(layout).write(ImageSet(image), tags: [])
        return try await unpacked(layout, site)
    }

    /// What umoci makes of a layout: mode, length and path of all that there is.
    private static func unpacked(_ layout: FilePath, _ site: BuildSite) async throws -> [String] {
        let name = layout.lastComponent?.string ?? ""
        let (named, bundle) = (site.root.appending("\(name)-named"), site.root.appending("\(name)-bundle"))
        // umoci wants a name.
        try await runAside("skopeo", ["copy", "--insecure-policy", "oci:\(layout)", "oci:\(named):x"])
        try await runAside("umoci", ["unpack", "--rootless", "--image", "\(named):x", bundle.string])
        let script = "cd '\(bundle)/rootfs' && find . ! -type l -printf '%m %s %y %p\\n' -o -printf 'l %l %p\\n'"
        let listing = try await runAside("sh", ["-c", "\(script) && find . -type f -exec sha256sum {} +"])
        return String(decoding: listing, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
    }
}
