import Content
import Diagnostics
import Foundation
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

/// Builds that end in a registry: Debian's docker-registry, or one in this process that counts what it is asked.
@Suite struct PushTests {
    /// What a registry has, read again into a cache of its own.
    private static func read(_ name: Reference, platform: Platform? = nil, site: BuildSite) async throws -> Image {
        let registries = try RegistryClient(client: HTTPClient(), environment: BuildSite.environment)
        let cache = try BuildCache(site.root.appending("read-\(UInt64.random(in: 0 ... .max))"))
        return try await RegistryImages(name, registries: registries, cache: cache).image(for: platform)
    }

    @Test func whatWasPushedIsWhatWasBuilt() async throws {
        let site = try await BuildSite()
        try await DockerRegistry.run { registry in
            let tags = try ["team/app:1", "team/app:latest", "other/app:1"].map {
                try Reference("\(registry.host)/\($0)")
            }
            let log = EventLog()
            let result = try await site.engine(events: log).build(site.spec(), tags: tags, outputs: [.registry])
            #expect(Set(result.pushed) == Set(tags))
            for tag in tags {
                let image = try await Self.read(tag, site: site)
                #expect(image.descriptor.digest == result.images.root.digest)
                try await ImageSet(image).expectSound()
                let told = try await runAside("skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(tag)"])
                #expect(told == image.manifestBytes)
            }
            let made = log.layers(.made)
            // Once for each of two repositories: uploaded, or mounted out of the first one.
            for title in made { #expect(log.layers(.pushed).contains(title)) }

            let again = EventLog()
            let second = try await site.engine(events: again).build(site.spec(), tags: tags, outputs: [.registry])
            #expect(second.images.root == result.images.root)
            #expect(second.uploadedBytes == 0)
            #expect(again.layers(.pushed) == [])
        }
    }

    @Test(arguments: [1, 2]) func anImageThatIsThereCostsOneQuestion(platforms count: Int) async throws {
        let platforms = Array([try Platform("linux/amd64"), try Platform("linux/arm64")].prefix(count))
        let site = try await BuildSite(platforms: platforms)
        try await TestRegistry.run { registry in
            let tag = try registry.reference("team/app:1")
            _ = try await site.engine().build(site.spec(platforms: platforms), tags: [tag], outputs: [.registry])
            let first = registry.requests.count
            let again = try await site.engine().build(
                site.spec(platforms: platforms), tags: [tag], outputs: [.registry])
            #expect(registry.requests.dropFirst(first).map(\.line) == ["HEAD /v2/team/app/manifests/1"])
            #expect(again.uploadedBytes == 0)
            // A further name costs a question more, and the document.
            let second = registry.requests.count
            let other = try registry.reference("team/app:2")
            _ = try await site.engine().build(site.spec(platforms: platforms), tags: [other], outputs: [.registry])
            let lines = registry.requests.dropFirst(second).map(\.line)
            #expect(lines.first == "HEAD /v2/team/app/manifests/2" && lines.last == "PUT /v2/team/app/manifests/2")
            #expect(lines.filter { $0.hasPrefix("PUT") }.count == 1)
            #expect(lines.count == count + 2, "\(lines)")
            #expect(registry.digest(ofTag: "2", in: "team/app") == "\(again.images.root.digest)")
        }
    }

    @Test func aCopyThatIsThereCostsOneQuestion() async throws {
        let site = try await BuildSite()
        let source = BaseSource.layout(path: site.base.string)
        try await TestRegistry.run { registry in
            func copy(_ name: String) async throws -> (lines: [String], uploaded: Int64?) {
                let before = registry.requests.count
                let result = try await site.engine().copy(
                    source, platform: nil, to: .registry(registry.reference("team/base:\(name)")))
                return (registry.requests.dropFirst(before).map(\.line), result.uploadedBytes)
            }
            #expect(try #require(try await copy("1").uploaded) > 0)
            let again = try await copy("1")
            #expect(again.lines == ["HEAD /v2/team/base/manifests/1"] && again.uploaded == 0)
            let named = try await copy("2")
            #expect(named.lines.map { $0.prefix { $0 != " " } } == ["HEAD", "HEAD", "PUT"] && named.uploaded == 0)
            // Where its blobs are gone, the manifest is not trusted.
            registry.removeBlobs(of: "team/base")
            #expect(try #require(try await copy("3").uploaded) > 0)
            #expect(try registry.missing() == [])
        }
    }

    @Test func aCopyBetweenRegistriesKeepsNoLayer() async throws {
        let site = try await BuildSite()
        let layer = try Blob(sampleBytes(3 << 20))
        let image = ImageConfiguration(
            platform: try Platform("linux/amd64"), rootfs: .init(diffIDs: [layer.digest]))
        let configuration = try Blob(CanonicalJSON.encode(image))
        func descriptor(_ blob: Blob, _ type: MediaType) -> Descriptor {
            Descriptor(mediaType: type, digest: blob.digest, size: blob.size)
        }
        let manifest = Manifest(
            config: descriptor(configuration, .configuration), layers: [descriptor(layer, .layerGzip)])
        try await TestRegistry.run { source in
            for blob in [layer, configuration] { try source.putBlob(blob.readAll(), in: "app") }
            try source.putManifest(Array(CanonicalJSON.encode(manifest)), .manifest, in: "app", tag: "1")
            try await TestRegistry.run { target in
                let result = try await site.engine().copy(
                    .registry(source.reference("app:1")), platform: nil, to: .registry(target.reference("app:1")))
                #expect(try target.blob(layer.digest, in: "app") == layer.readAll())
                #expect(result.uploadedBytes == layer.size + configuration.size)
                #expect(try target.missing() == [])
                #expect(try site.directory.files().allSatisfy { !$0.contains(layer.digest.encoded) })
            }
        }
    }

    @Test func aKnownImageWhoseBlobsAreGoneIsPushedAgain() async throws {
        let site = try await BuildSite()
        try await TestRegistry.run { registry in
            let tags = try ["team/app:1", "team/app:2"].map { try registry.reference($0) }
            _ = try await site.engine().build(site.spec(), tags: [tags[0]], outputs: [.registry])
            registry.removeBlobs(of: "team/app")
            let again = try await site.engine().build(site.spec(), tags: [tags[1]], outputs: [.registry])
            #expect(again.uploadedBytes > 0)
            #expect(try registry.missing() == [])
            try await ImageSet(Self.read(tags[1], site: site)).expectSound()
        }
    }

    @Test func changedCodeUploadsOneLayer() async throws {
        let site = try await BuildSite()
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/app:1")
            _ = try await site.engine().build(site.spec(), tags: [tag], outputs: [.registry])
            try site.directory.write(Array("NUMBER = 2\n".utf8), to: "context/pipeline/steps.py")
            let log = EventLog()
            let result = try await site.engine(events: log).build(site.spec(), tags: [tag], outputs: [.registry])
            #expect(log.layers(.pushed) == ["code: 3 files in /app"])
            #expect(result.uploadedBytes < 10_000)
            try await ImageSet(Self.read(tag, site: site)).expectSound()
        }
    }

    @Test func changedCodeCostsFewRequests() async throws {
        let site = try await BuildSite()
        try await TestRegistry.run { registry in
            let tag = try registry.reference("team/app:1")
            _ = try await site.engine().build(site.spec(), tags: [tag], outputs: [.registry])
            try site.directory.write(Array("NUMBER = 2\n".utf8), to: "context/pipeline/steps.py")
            let before = registry.requests.count
            let log = EventLog()
            _ = try await site.engine(events: log).build(site.spec(), tags: [tag], outputs: [.registry])
            // The last image's manifest stands for all of its layers; layer and configuration are asked for, opened and
            // uploaded; the tag is asked for and written.
            let methods = registry.requests.dropFirst(before).map(\.method).sorted()
            #expect(methods == ["HEAD", "HEAD", "HEAD", "HEAD", "POST", "POST", "PUT", "PUT", "PUT"])
            #expect(log.layers(.pushed) == ["code: 3 files in /app"])
            #expect(log.layers(.present).contains("base: \(site.base)"))
        }
    }

    @Test func blobsRemovedUnderAManifestArePushedAgain() async throws {
        let site = try await BuildSite()
        try await TestRegistry.run { registry in
            let tag = try registry.reference("team/app:1")
            _ = try await site.engine().build(site.spec(), tags: [tag], outputs: [.registry])
            registry.removeBlobs(of: "team/app")
            try site.directory.write(Array("NUMBER = 3\n".utf8), to: "context/pipeline/steps.py")
            _ = try await site.engine().build(site.spec(), tags: [tag], outputs: [.registry])
            try await ImageSet(Self.read(tag, site: site)).expectSound()
        }
    }

    @Test func theBaseIsMountedWhereItIsInTheSameRegistry() async throws {
        let site = try await BuildSite()
        try await DockerRegistry.run { registry in
            let base = try Reference("\(registry.host)/bases/python:1")
            try await runAside(
                "skopeo",
                ["copy", "--insecure-policy", "--dest-tls-verify=false", "oci:\(site.base)", "docker://\(base)"])
            var spec = site.spec()
            spec.stages[0].base = .registry(base)
            let tag = try Reference("\(registry.host)/team/app:1")
            let log = EventLog()
            let result = try await site.engine(events: log).build(spec, tags: [tag], outputs: [.registry])
            #expect(log.layers(.mounted) == Array(repeating: "base: \(base)", count: 2))
            let image = try await Self.read(tag, site: site)
            try await ImageSet(image).expectSound()
            #expect(image.manifest.annotations?["org.opencontainers.image.base.name"] == base.description)
            #expect(
                image.manifest.annotations?["org.opencontainers.image.base.digest"]
                    == (try await OCILayout(site.base).root().digest.description))
            // A base that was resolved before is not asked for again, so that the registry may be gone.
            let cached = try await site.engine().plan(spec)
            #expect(cached.first?.layers.allSatisfy { $0.cached != nil } == true)
            #expect(result.images.root.digest == image.descriptor.digest)
        }
    }

    @Test func aMovedTagIsSeenByPulling() async throws {
        let site = try await BuildSite()
        try await DockerRegistry.run { registry in
            let base = try Reference("\(registry.host)/bases/python:1")
            let other = site.root.appending("other-base")
            try await BaseFixture.write(to: other, environment: "/opt/other")
            func copy(_ layout: FilePath) async throws {
                try await runAside(
                    "skopeo",
                    ["copy", "--insecure-policy", "--dest-tls-verify=false", "oci:\(layout)", "docker://\(base)"])
            }
            try await copy(site.base)
            var spec = site.spec()
            spec.stages[0].base = .registry(base)
            let first = try #require(try await site.engine().plan(spec).first)
            try await copy(other)
            #expect(try await site.engine().plan(spec).first?.base.digest == first.base.digest)
            let pulled = try #require(try await site.engine { $0.pulls = true }.plan(spec).first)
            #expect(pulled.base.digest != first.base.digest)
            #expect(try await site.engine().plan(spec).first?.base.digest == pulled.base.digest)
        }
    }

    @Test func anIndexIsPushedWithItsImages() async throws {
        let platforms = [try Platform("linux/amd64"), try Platform("linux/arm64")]
        let site = try await BuildSite(platforms: platforms)
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/app:1")
            let result = try await site.engine().build(
                site.spec(platforms: platforms), tags: [tag], outputs: [.registry])
            let raw = try await runAside("skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(tag)"])
            #expect(raw == result.images.indexBytes)
            #expect(try CanonicalJSON.decode(Index.self, from: Data(raw)).manifests.map(\.platform) == platforms)
            for platform in platforms {
                let image = try await Self.read(tag, platform: platform, site: site)
                try await ImageSet(image).expectSound()
                #expect(image.configuration.platform == platform)
            }
            let again = try await site.engine().build(
                site.spec(platforms: platforms), tags: [tag], outputs: [.registry])
            #expect(again.uploadedBytes == 0)
        }
    }

    // MARK: Refusals

    @Test func withoutTheRightPasswordNothingIsPushed() async throws {
        let site = try await BuildSite()
        try await DockerRegistry.run(.password) { registry in
            let tag = try Reference("\(registry.host)/team/app:1")
            for password in [nil, "wrong-password", DockerRegistry.password] {
                var environment: [String: String] = [:]
                if let password {
                    let pair = Data("\(DockerRegistry.user):\(password)".utf8).base64EncodedString()
                    try site.directory.write(
                        Array(#"{"auths":{"\#(registry.host)":{"auth":"\#(pair)"}}}"#.utf8), to: "docker/config.json")
                    environment["DOCKER_CONFIG"] = site.root.appending("docker").string
                }
                let engine = try site.engine(environment: environment)
                if password == DockerRegistry.password {
                    let result = try await engine.build(site.spec(), tags: [tag], outputs: [.registry])
                    #expect(result.uploadedBytes > 70_000)
                    continue
                }
                let error = try await #require(throws: RegistryError.self) {
                    try await engine.build(site.spec(), tags: [tag], outputs: [.registry])
                }
                #expect(
                    error.message.contains(registry.host) || error.context.contains { $0.value.contains(registry.host) }
                )
                #expect(!error.hints.isEmpty, "\(error)")
                #expect(!"\(error)".contains(password ?? "wrong-password"))
                try site.expectWhole()
            }
        }
    }

    @Test func aRegistryThatIsGoneIsNamed() async throws {
        let site = try await BuildSite()
        let host = try await TestRegistry.run { $0.host }
        let tag = try Reference("\(host)/team/app:1")
        do {
            _ = try await site.engine().build(site.spec(), tags: [tag], outputs: [.registry])
            Issue.record("there is no registry")
        } catch let error as any Diagnostic {
            #expect(error.blame == .outside)
            #expect("\(error)".contains(host))
        }
        try site.expectWhole()
    }

    @Test func aRefusedManifestLeavesTheCacheWhole() async throws {
        let site = try await BuildSite()
        let refusal = LoopbackResponse(
            403, text: #"{"errors":[{"code":"DENIED","message":"this repository is read-only"}]}"#)
        try await TestRegistry.run(faults: [Fault(.answer(refusal), on: "PUT", path: "manifests")]) { registry in
            let tag = try registry.reference("team/app:1")
            let error = try await #require(throws: RegistryError.self) {
                try await site.engine().build(site.spec(), tags: [tag], outputs: [.registry])
            }
            #expect("\(error)".contains("this repository is read-only"))
            #expect("\(error)".contains("DENIED"))
            #expect(registry.digest(ofTag: "1", in: "team/app") == nil)
            try site.expectWhole()
        }
    }

    @Test func namesThatCannotBePushedAreRefusedFirst() async throws {
        let site = try await BuildSite()
        let log = EventLog()
        let engine = try site.engine(events: log)
        let none = try await #require(throws: BuildError.self) {
            try await engine.build(site.spec(), tags: [], outputs: [.registry])
        }
        #expect(none.code == .invalidOutput)
        #expect(!none.hints.isEmpty)
        let pinned = try Reference("example.org/a@sha256:\(String(repeating: "0", count: 64))")
        let digest = try await #require(throws: BuildError.self) {
            try await engine.build(site.spec(), tags: [pinned], outputs: [.registry])
        }
        #expect(digest.message.contains(pinned.description))
        #expect(log.all == [])
    }
}
