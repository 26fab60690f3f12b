import Content
import Diagnostics
import OCI
import Registry
import Synchronization
import TestSupport
import Testing
import Transfer

/// Against Debian's docker-registry, the distribution project's own.
@Suite struct DistributionTests {
    private let client = RegistryClient(client: HTTPClient())

    @Test func anImageIsPushedResolvedAndPulled() async throws {
        let image = try SampleImage(layers: [3 << 20, 5_000, 5_000])
        try await DockerRegistry.run { registry in
            let name = try Reference("\(registry.host)/team/app:1")
            let reports = Mutex<[PushSession.Report]>([])
            let session = PushSession(client, to: name) { report in reports.withLock { $0.append(report) } }
            try await image.push(session, tags: ["1", "latest"])
            #expect(reports.withLock { $0.map(\.outcome) } == Array(repeating: .pushed, count: 4))
            #expect(session.uploadedBytes == image.blobs.reduce(0) { $0 + $1.size })

            #expect(try await client.resolve(name) == image.manifest.descriptor)
            let byDigest = try await client.manifest(name.pinned(to: image.manifest.descriptor.digest))
            #expect(byDigest == image.manifest)
            #expect(try await client.manifest(Reference("\(registry.host)/team/app")) == image.manifest)
            let directory = try TemporaryDirectory()
            let store = try directory.store()
            for blob in image.blobs {
                let pulled = try await client.pull(SampleImage.descriptor(blob), from: name, into: store)
                #expect(try pulled.readAll() == blob.readAll())
            }

            let again = PushSession(client, to: name)
            try await image.push(again, tags: ["1"])
            #expect(again.uploadedBytes == 0)

            let other = try Reference("\(registry.host)/team/other")
            let mounts = PushSession(client, to: other)
            for blob in image.blobs {
                let outcome = try await mounts.push(SampleImage.descriptor(blob), mountingFrom: [name]) {
                    Issue.record("a blob that can be mounted was asked for")
                    return blob
                }
                #expect(outcome == .mounted)
            }
            try await mounts.finish([image.manifest], tags: ["x"])
            #expect(try await client.resolve(Reference("\(other.name):x")) == image.manifest.descriptor)
        }
    }

    @Test func anIndexComesAfterItsManifests() async throws {
        let images = try [SampleImage(seed: 1), SampleImage(seed: 100, architecture: "arm64")]
        let document = Index(manifests: images.map(\.manifest.descriptor))
        let index = try ManifestContent(Array(CanonicalJSON.encode(document)), mediaType: .index)
        try await DockerRegistry.run { registry in
            let name = try Reference("\(registry.host)/team/multi:1")
            let session = PushSession(client, to: name)
            for blob in images.flatMap(\.blobs) { try await session.push(SampleImage.descriptor(blob)) { blob } }
            try await session.finish(images.map(\.manifest), index: index, tags: ["1"])
            #expect(try await client.resolve(name) == index.descriptor)
            for image in images {
                #expect(try await client.manifest(name.pinned(to: image.manifest.descriptor.digest)) == image.manifest)
            }
        }
    }

    @Test func whatIsMissingIsNamed() async throws {
        let blob = try Blob(sampleBytes(10))
        try await DockerRegistry.run { registry in
            let name = try Reference("\(registry.host)/no/such:tag")
            let error = try await #require(throws: RegistryError.self) { try await client.resolve(name) }
            #expect(error.code == .notFound)
            #expect(error.message.contains("MANIFEST_UNKNOWN"))
            #expect(error.blame == .request)
            let directory = try TemporaryDirectory()
            let missing = try await #require(throws: RegistryError.self) {
                try await client.pull(SampleImage.descriptor(blob), from: name, into: directory.store())
            }
            #expect(missing.code == .notFound)
            #expect(try await client.hasBlob(blob.digest, in: name) == false)
        }
    }

    @Test func passwordsOpenTheDoorAndOthersDoNot() async throws {
        let image = try SampleImage()
        struct Fixed: CredentialSource {
            let password: String
            func credential(for registry: String) -> Credential? {
                Credential(user: DockerRegistry.user, password: Secret(password))
            }
        }
        try await DockerRegistry.run(.password) { registry in
            let name = try Reference("\(registry.host)/team/app:1")
            let allowed = RegistryClient(client: HTTPClient(), credentials: Fixed(password: DockerRegistry.password))
            try await image.push(PushSession(allowed, to: name), tags: ["1"])
            #expect(try await allowed.resolve(name) == image.manifest.descriptor)
            let wrong = RegistryClient(client: HTTPClient(), credentials: Fixed(password: "not-this"))
            for refused in [client, wrong] {
                let error = try await #require(throws: RegistryError.self) { try await refused.resolve(name) }
                #expect(error.code == .unauthorised)
                #expect(error.hints.joined().contains("cooperage login \(registry.host)"))
                #expect(!"\(error)".contains("not-this"))
            }
        }
    }
}
