import Content
import Foundation
import OCI
import Registry
import TestSupport

/// An image with layers of random bytes: registries do not look into them.
struct SampleImage {
    let layers: [Blob]
    let configuration: Blob
    let manifest: ManifestContent

    init(layers sizes: [Int] = [300_000, 5_000], seed: UInt64 = 1, architecture: String = "amd64") throws {
        layers = try sizes.enumerated().map { try Blob(sampleBytes($1, seed: seed &+ UInt64($0))) }
        let platform = Platform(os: "linux", architecture: architecture)
        let image = ImageConfiguration(
            platform: platform, rootfs: ImageConfiguration.RootFilesystem(diffIDs: layers.map(\.digest)))
        configuration = try Blob(CanonicalJSON.encode(image))
        let document = Manifest(
            config: Self.descriptor(configuration, .configuration),
            layers: layers.map { Self.descriptor($0, .layerGzip) })
        manifest = try ManifestContent(Array(CanonicalJSON.encode(document)), mediaType: .manifest)
    }

    var blobs: [Blob] { layers + [configuration] }

    static func descriptor(_ blob: Blob, _ type: MediaType = .layerGzip) -> Descriptor {
        Descriptor(mediaType: type, digest: blob.digest, size: blob.size)
    }

    /// Pushes all of it as a build would.
    func push(_ session: PushSession, tags: [String]) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for blob in blobs {
                group.addTask { try await session.push(Self.descriptor(blob)) { blob } }
            }
            try await group.waitForAll()
        }
        try await session.finish([manifest], tags: tags)
    }
}
