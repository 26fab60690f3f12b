import Content
import Diagnostics
import Images
import OCI
import Registry
import RegistryTesting
import Spec
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Build

/// Images that were built on one base, on another.
@Suite struct RebaseTests {
    private static let amd64 = Platform(os: "linux", architecture: "amd64")

    /// A base beside the site's own.
    private static func base(
        _ site: BuildSite, _ variant: BaseFixture.Variant = .init(), as name: String = "new",
        platforms: [Platform] = [amd64], environment: String? = "/opt/venv"
    ) async throws -> BaseSource {
        let path = site.root.appending(name)
        try await BaseFixture.write(to: path, platforms: platforms, environment: environment, variant: variant)
        return .layout(path: path.string)
    }

    private static let patched = BaseFixture.Variant(
        python: "3.11.9", glibcMinor: 37, files: ["etc/motd": "new\n"], variables: ["FIXED=1"])

    /// The site's build on its base, as a layout.
    private static func built(_ site: BuildSite, on base: BaseSource? = nil, to name: String = "image") async throws
        -> (source: BaseSource, digest: Digest)
    {
        var spec = site.spec()
        if let base { spec.stages[0].base = base }
        let path = site.root.appending(name)
        let result = try await site.engine().build(spec, tags: [], outputs: [.layout(path)])
        return (.layout(path: path.string), result.images.root.digest)
    }

    private static func rebase(
        _ site: BuildSite, _ image: BaseSource, to new: BaseSource, from old: BaseSource? = nil,
        isForced: Bool = false, events: EventLog = EventLog()
    ) async throws -> (result: CopyResult, image: Image) {
        let path = site.root.appending("rebased-\(UInt32.random(in: 0 ... .max))")
        let result = try await site.engine(events: events).rebase(
            RebaseRequest(
                image, from: old ?? .layout(path: site.base.string), to: new, destinations: [.layout(path)],
                isForced: isForced))
        let rebased = try await OCILayout(path).image(for: nil)
        #expect(rebased.descriptor.digest == result.digest)
        try await ImageSet(rebased).expectSound()
        return (result, rebased)
    }

    private static func refusal(
        _ site: BuildSite, _ image: BaseSource, to new: BaseSource, from old: BaseSource? = nil
    ) async throws -> BuildError {
        try await #require(throws: BuildError.self) { try await rebase(site, image, to: new, from: old) }
    }

    @Test(arguments: [false, true])
    func aRebasedImageIsTheOneThatABuildGives(_ isForced: Bool) async throws {
        let site = try await BuildSite()
        let (old, new) = (try await Self.built(site), try await Self.base(site, Self.patched))
        let (result, image) = try await Self.rebase(site, old.source, to: new, isForced: isForced)
        let direct = try await Self.built(site, on: new, to: "direct")
        #expect(result.digest == direct.digest)
        #expect(result.digest != old.digest)
        #expect(image.configuration.config?.environment("FIXED") == "1")
        #expect(image.configuration.config?.environment("MODE") == "test")
        let tree = try await BuildTests.tree(of: image)
        #expect(tree["etc/motd"] != nil && tree["opt/app/main.py"] != nil)
        // And back, to the byte.
        let back = try await site.engine().rebase(
            RebaseRequest(
                direct.source, from: new, to: .layout(path: site.base.string),
                destinations: [.layout(site.root.appending("back"))], isForced: true))
        #expect(back.digest == old.digest)
    }

    @Test func dividedLayersStayAsTheyAre() async throws {
        let site = try await BuildSite()
        var spec = site.spec()
        spec.layerLimit = 80_000
        let image = site.root.appending("image")
        _ = try await site.engine().build(spec, tags: [], outputs: [.layout(image)])
        let new = try await Self.base(site, Self.patched)
        let (result, _) = try await Self.rebase(site, .layout(path: image.string), to: new)
        spec.stages[0].base = new
        #expect(try await site.engine().build(spec, tags: [], outputs: []).images.root.digest == result.digest)
    }

    @Test func everyPlatformIsRebased() async throws {
        let platforms = [Self.amd64, Platform(os: "linux", architecture: "arm64")]
        let site = try await BuildSite(platforms: platforms)
        let image = site.root.appending("image")
        var spec = site.spec(platforms: platforms)
        _ = try await site.engine().build(spec, tags: [], outputs: [.layout(image)])
        let new = try await Self.base(site, Self.patched, platforms: platforms)
        let rebased = site.root.appending("rebased")
        let result = try await site.engine().rebase(
            RebaseRequest(
                .layout(path: image.string), from: .layout(path: site.base.string), to: new,
                destinations: [.layout(rebased)]))
        spec.stages[0].base = new
        let direct = try await site.engine().build(spec, tags: [], outputs: []).images
        #expect(result.digest == direct.root.digest)
        #expect(direct.indexBytes != nil)
        // One of them alone, to an archive, which holds no more than one.
        let archive = site.root.appending("one.tar")
        _ = try await site.engine().rebase(
            RebaseRequest(
                .layout(path: image.string), from: .layout(path: site.base.string), to: new, platform: platforms[1],
                destinations: [.archive(archive)]))
        let one = try await DockerArchive(archive, into: site.directory.store()).image(for: nil)
        #expect(one.configurationBytes == direct.images[1].configurationBytes)
        // A base for one of two platforms.
        let lacking = try await Self.base(site, Self.patched, as: "one")
        let error = try await #require(throws: ImageError.self) {
            try await site.engine().rebase(
                RebaseRequest(
                    .layout(path: image.string), from: .layout(path: site.base.string), to: lacking,
                    destinations: [.layout(rebased)]))
        }
        #expect(error.code == .platformNotFound && error.message.contains("not for linux/arm64"))
    }

    @Test func onlyWhatTheBaseBringsIsSent() async throws {
        let site = try await BuildSite()
        let new = try await Self.base(site, Self.patched)
        try await DockerRegistry.run { registry in
            let (old, fixed) = (
                try Reference("\(registry.host)/base/python:1"), try Reference("\(registry.host)/base/python:2")
            )
            let engine = try site.engine { $0.pulls = true }
            _ = try await engine.copy(.layout(path: site.base.string), platform: nil, to: .registry(old))
            let app = try Reference("\(registry.host)/team/app:1")
            var spec = site.spec()
            spec.stages[0].base = .registry(old)
            let built = try await engine.build(spec, tags: [app], outputs: [.registry])
            let image = try #require(built.images.images.first)
            _ = try await engine.copy(new, platform: nil, to: .registry(fixed))

            // From another machine: nothing is known of what is where, and annotations tell of the old base.
            let elsewhere = try site.engine(cache: "elsewhere") { $0.pulls = true }
            let result = try await elsewhere.rebase(
                try RebaseRequest(
                    .registry(app), to: .registry(fixed), destinations: [.registry(Reference("\(app.name):2"))]))
            // The base is mounted, the layers are there: the configuration alone goes up.
            #expect(try #require(result.uploadedBytes) < 6000)
            spec.stages[0].base = .registry(fixed)
            let direct = try await engine.build(spec, tags: [], outputs: []).images
            #expect(result.digest == direct.root.digest)
            #expect(result.reference == "\(registry.host)/team/app@\(result.digest)")
            #expect(
                direct.images[0].manifest.annotations?["org.opencontainers.image.base.name"] == fixed.description)
            let told = try await runAside(
                "skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(app.name):2"])
            #expect(try Digester.digest(of: told) == result.digest)
            // The name of the image itself where no other is given; its digest has none.
            let pinned = app.pinned(to: image.descriptor.digest)
            #expect(
                try await elsewhere.rebase(RebaseRequest(.registry(pinned), to: .registry(fixed))).digest
                    == result.digest)
            #expect(try await Self.digest(of: app, site) == image.descriptor.digest)
            _ = try await elsewhere.rebase(RebaseRequest(.registry(app), to: .registry(fixed)))
            #expect(try await Self.digest(of: app, site) == result.digest)
            // With --force nothing of the image's layers is read.
            let last = try site.engine(cache: "last") { $0.pulls = true }
            _ = try await last.rebase(
                try RebaseRequest(
                    .registry(pinned), to: .registry(fixed), destinations: [.registry(Reference("\(app.name):3"))],
                    isForced: true))
            let upper = image.manifest.layers.dropFirst(2)
            for layer in upper {
                #expect(try !BuildCache(site.root.appending("last")).blobs.contains(layer.digest))
            }
        }
    }

    private static func digest(of name: Reference, _ site: BuildSite) async throws -> Digest {
        try await RegistryClient(client: HTTPClient(), environment: BuildSite.environment).resolve(name).digest
    }

    // MARK: Refusals

    @Test func anImageOfAnotherBaseIsRefused() async throws {
        let site = try await BuildSite()
        let image = try await Self.built(site).source
        let other = try await Self.base(site, Self.patched, as: "other")
        let error = try await Self.refusal(site, image, to: other, from: other)
        #expect(error.code == .notRebasable)
        #expect(error.message.contains("was not built on '\(site.root)/other': its layer 1 is "))
        #expect(error.hints.first?.contains("--old-base") == true)
        let short = try await Self.refusal(site, .layout(path: site.base.string), to: other, from: image)
        #expect(short.code == .notRebasable && short.message.contains("has 2 layers, and '"))
        let unsaid = try await #require(throws: BuildError.self) {
            try await site.engine().rebase(
                RebaseRequest(image, to: other, destinations: [.layout(site.root.appending("x"))]))
        }
        #expect(unsaid.message.hasSuffix("does not say what it was built on"))
        let placeless = try await #require(throws: BuildError.self) {
            try await site.engine().rebase(RebaseRequest(image, from: other, to: other))
        }
        #expect(placeless.code == .invalidOutput)
    }

    @Test(arguments: [
        (BaseFixture.Variant(python: "3.12.1"), "/opt/venv", "its Python is 3.11.2, and the base has 3.12.1"),
        (BaseFixture.Variant(glibcMinor: 31), "/opt/venv", "it was made for glibc 2.36, and the base has glibc 2.31"),
        (
            BaseFixture.Variant(), "/srv/venv",
            "its packages are made for '/opt/venv/lib/python3.11/site-packages', and there that is '/srv/venv/lib"
        ),
    ])
    func aBaseThatDoesNotFitIsRefused(_ variant: BaseFixture.Variant, _ environment: String, _ words: String)
        async throws
    {
        let site = try await BuildSite()
        let image = try await Self.built(site).source
        let new = try await Self.base(site, variant, environment: environment)
        let error = try await Self.refusal(site, image, to: new)
        #expect(error.code == .notRebasable && error.message.contains(words), "\(error.message)")
        // Whoever knows better says so.
        _ = try await Self.rebase(site, image, to: new, isForced: true)
    }

    @Test func aBaseWithoutPythonOrForAnotherProcessorIsRefused() async throws {
        let site = try await BuildSite()
        let image = try await Self.built(site).source
        let bare = try await Self.base(site, as: "bare", environment: nil)
        let error = try await Self.refusal(site, image, to: bare)
        #expect(error.message.contains("it has CPython 3.11.2, linux/amd64, glibc 2.36, and there"))
        let arm = try await Self.base(
            site, as: "arm", platforms: [Platform(os: "linux", architecture: "arm64")])
        let other = try await #require(throws: ImageError.self) { try await Self.rebase(site, image, to: arm) }
        #expect(other.code == .platformNotFound && other.message.contains("linux/arm64, not for linux/amd64"))
    }

    @Test func aPackageThatTheNewBaseBringsInAnotherVersionIsSeen() async throws {
        let site = try await BuildSite(wheels: [
            try WheelFixture("alpha", "1.0"), try WheelFixture("alpha", "2.0"), try WheelFixture("alpha", "3.0"),
            try WheelFixture("beta", "1.0"),
        ])
        func base(_ requirements: String, _ name: String) async throws -> BaseSource {
            try site.requirements(requirements)
            let path = site.root.appending(name)
            _ = try await site.engine().build(
                BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(site.pythonStep)])]),
                tags: [], outputs: [.layout(path)])
            return .layout(path: path.string)
        }
        let (old, new) = (try await base("alpha==1.0\nbeta\n", "old"), try await base("alpha==2.0\n", "newer"))
        let same = try await base("alpha==1.0\n", "same")
        // The image replaces alpha 1.0, whose files its whiteouts name: those of 2.0 they do not.
        try site.requirements("alpha==3.0\n")
        let replacing = try await Self.built(site, on: old, to: "replacing").source
        let error = try await Self.refusal(site, replacing, to: new, from: old)
        #expect(error.message.contains("'alpha' would be installed twice, as 2.0 and 3.0"), "\(error.message)")
        _ = try await Self.rebase(site, replacing, to: same, from: old)
        // One that found alpha and beta in its base.
        try site.requirements("alpha\nbeta\n")
        let using = try await Self.built(site, on: old, to: "using").source
        let log = EventLog()
        _ = try await Self.rebase(site, using, to: new, from: old, events: log)
        let warnings = log.all.compactMap { if case .warning(let text) = $0 { text } else { nil } }
        #expect(warnings.contains("alpha 1.0 of the old base becomes 2.0"))
        #expect(warnings.contains { $0.hasPrefix("beta 1.0, which the image found in its old base, is not in") })
    }
}
