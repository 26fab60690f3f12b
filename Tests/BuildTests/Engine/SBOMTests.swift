import Content
import Foundation
import Images
import OCI
import Python
import RegistryTesting
import SBOM
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Bills of materials of whole builds, and their way to a registry.
@Suite struct SBOMTests {
    private func purls(_ document: SBOMDocument) throws -> [String] {
        let text = String(decoding: document.bytes, as: UTF8.self)
        return text.matches(of: /"(pkg:[^"]+)"/).map { String($0.1) }
    }

    @Test(arguments: SBOMFormat.allCases)
    func aBuildTellsWhatItInstalled(_ format: SBOMFormat) async throws {
        let site = try await BuildSite()
        let result = try await site.engine().build(
            site.spec(), tags: [], outputs: [], sbom: SBOMRequest(format))
        let document = try #require(result.sboms.first)
        #expect(result.sboms.count == 1 && document.format == format)
        let found = Set(try purls(document))
        let digest = result.images.root.digest
        #expect(found.contains("pkg:oci/image@\(digest)?arch=amd64"))
        for name in ["alpha", "beta", "huge"] { #expect(found.contains("pkg:pypi/\(name)@1.0"), "\(name)") }
        #expect(found.contains("pkg:deb/debian/python3.11-minimal@3.11.2-6%2Bdeb12u6"))
        // Where the wheels lie here is nobody's business.
        #expect(!String(decoding: document.bytes, as: UTF8.self).contains(site.root.string))
        // Another machine, another cache, another place: the same document.
        let other = try await BuildSite()
        let again = try await other.engine(cache: "other").build(
            other.spec(), tags: [], outputs: [], sbom: SBOMRequest(format))
        #expect(again.sboms == result.sboms)
        // And nothing of it decides about the image.
        let without = try await site.engine(cache: "third").build(site.spec(), tags: [], outputs: [])
        #expect(without.images.root == result.images.root && without.sboms.isEmpty)
        if format == .spdx {
            let file = try site.directory.write(document.bytes, to: "a.spdx.json")
            try await runAside("pyspdxtools", ["--infile", file.string, "--version", "SPDX-2.3"])
        }
    }

    @Test func eachPlatformHasItsOwn() async throws {
        let platforms = [try Platform("linux/amd64"), try Platform("linux/arm64")]
        let site = try await BuildSite(platforms: platforms)
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/app:1")
            let result = try await site.engine().build(
                site.spec(platforms: platforms), tags: [tag], outputs: [.registry],
                sbom: SBOMRequest(.cycloneDX, isAttached: true))
            #expect(result.sboms.map(\.platform) == platforms)
            for (image, document) in zip(result.images.images, result.sboms) {
                let (artifact, _) = try await attached(to: image.descriptor.digest, in: tag)
                #expect(artifact.subject.digest == image.descriptor.digest)
                #expect(artifact.artifactType.rawValue == "application/vnd.cyclonedx+json")
                #expect(try await blob(artifact.layers[0].digest, of: tag) == document.bytes)
            }
        }
    }

    /// What is listed under the tag of a manifest, read by foreign programs: the first artifact, and how many there are.
    private func attached(to digest: Digest, in name: Reference) async throws -> (ArtifactManifest, count: Int) {
        let list = try await runAside(
            "skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(name.name):sha256-\(digest.encoded)"])
        let index = try CanonicalJSON.decode(Index.self, from: Data(list))
        let first = try #require(index.manifests.first)
        let manifest = try await runAside(
            "skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(name.name)@\(first.digest)"])
        return (try CanonicalJSON.decode(ArtifactManifest.self, from: Data(manifest)), index.manifests.count)
    }

    private func blob(_ digest: Digest, of name: Reference) async throws -> [UInt8] {
        try await runAside("curl", ["-sf", "http://\(name.registry)/v2/\(name.repository)/blobs/\(digest)"])
    }

    @Test func aRegistryWithoutTheAPIHasItUnderATag() async throws {
        let site = try await BuildSite()
        try await DockerRegistry.run { registry in
            let tags = try ["team/app:1", "other/app:1"].map { try Reference("\(registry.host)/\($0)") }
            let log = EventLog()
            func build() async throws -> BuildResult {
                try await site.engine(events: log).build(
                    site.spec(), tags: tags, outputs: [.registry], sbom: SBOMRequest(isAttached: true))
            }
            let result = try await build()
            let document = try #require(result.sboms.first)
            for tag in tags {
                let (artifact, count) = try await attached(to: result.images.root.digest, in: tag)
                #expect(count == 1)
                #expect(artifact.subject == result.images.images.first.map { Descriptor($0.descriptor) })
                #expect(artifact.artifactType.rawValue == "application/spdx+json")
                #expect(artifact.layers.map(\.mediaType.rawValue) == ["application/spdx+json"])
                #expect(try await blob(artifact.layers[0].digest, of: tag) == document.bytes)
            }
            #expect(log.layers(.pushed).contains("sbom: spdx-json"))
            // The second build finds everything there.
            let again = try await build()
            #expect(again.uploadedBytes == 0 && again.sboms == result.sboms)
            #expect(try await attached(to: result.images.root.digest, in: tags[0]).count == 1)
        }
    }

    @Test func aRegistryWithTheAPIListsIt() async throws {
        let site = try await BuildSite()
        try await TestRegistry.run(listsReferrers: true) { registry in
            let tag = try registry.reference("team/app:1")
            let result = try await site.engine().build(
                site.spec(), tags: [tag], outputs: [.registry], sbom: SBOMRequest(isAttached: true))
            let url = "\(registry.origin)/v2/team/app/referrers/\(result.images.root.digest)"
            let answer = try await runAside("curl", ["-sf", "\(url)?artifactType=application/spdx%2Bjson"])
            let index = try CanonicalJSON.decode(Index.self, from: Data(answer))
            let found = try #require(index.manifests.first)
            #expect(index.manifests.count == 1)
            let manifest = try await runAside(
                "curl", ["-sf", "\(registry.origin)/v2/team/app/manifests/\(found.digest)"])
            let artifact = try CanonicalJSON.decode(ArtifactManifest.self, from: Data(manifest))
            #expect(try await blob(artifact.layers[0].digest, of: tag) == result.sboms.first?.bytes)
            #expect(registry.digest(ofTag: "sha256-\(result.images.root.digest.encoded)", in: "team/app") == nil)
        }
    }

    @Test func thePasswordOfAnIndexIsNowhere() async throws {
        let (user, password) = ("robot", "pl4nted-s3cret")
        let site = try await BuildSite()
        let index = PackageIndex(
            wheels: try BuildSite.wheels(), authorization: Data("\(user):\(password)".utf8).base64EncodedString())
        try await PackageServer.run(index) { url in
            let secretURL = url.replacing("http://", with: "http://\(user):\(password)@")
            let spec = try site.spec(index: secretURL, requirements: "alpha\n")
            for format in SBOMFormat.allCases {
                let layout = site.root.appending("out-\(format.rawValue)")
                let result = try await site.engine().build(
                    spec, tags: [], outputs: [.layout(layout)], sbom: SBOMRequest(format))
                let text = String(decoding: try #require(result.sboms.first).bytes, as: UTF8.self)
                #expect(text.contains("\(url.replacing("/simple/", with: ""))/files/alpha-1.0-py3-none-any.whl\""))
                for secret in [user, password, Data("\(user):\(password)".utf8).base64EncodedString()] {
                    #expect(!text.contains(secret), "\(secret) is in the \(format.rawValue)")
                }
            }
        }
    }
}

extension Descriptor {
    /// The same content, without what only an index says of it.
    fileprivate init(_ other: Descriptor) {
        self.init(mediaType: other.mediaType, digest: other.digest, size: other.size)
    }
}
