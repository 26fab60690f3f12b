import Content
import Diagnostics
import FoundationEssentials
import Images
import OCI
import Registry

/// An image in a registry, read through the cache: what was fetched once is not fetched again.
struct RegistryImages: ImageSource {
    let reference: Reference
    private let registries: RegistryClient
    private let cache: BuildCache

    init(_ reference: Reference, registries: RegistryClient, cache: BuildCache) {
        self.reference = reference
        self.registries = registries
        self.cache = cache
    }

    var name: String { reference.description }

    func root() async throws -> Descriptor { try await registries.resolve(reference) }

    func document(_ descriptor: Descriptor) async throws -> [UInt8] {
        if let blob = try cache.blobs.blob(descriptor.digest, size: descriptor.size) { return try blob.readAll() }
        let bytes = try await registries.manifest(reference.pinned(to: descriptor.digest)).bytes
        try cache.blobs.put(bytes)
        return bytes
    }

    /// A blob that need not be fetched.
    func cached(_ descriptor: Descriptor) throws -> Blob? {
        try cache.blobs.blob(descriptor.digest, size: descriptor.size)
    }

    func blob(_ descriptor: Descriptor) async throws -> Blob {
        // Half a blob is removed here, and fetched anew.
        _ = try cached(descriptor)
        return try await registries.pull(descriptor, from: reference, into: cache.blobs)
    }

    /// The image of a manifest that is known.
    func image(_ manifest: Descriptor) async throws -> Image {
        let bytes = try await document(manifest)
        let config = try CanonicalJSON.decode(Manifest.self, from: Data(bytes)).config
        let configuration = try await blob(config).readAll()
        return try Image(manifestBytes: bytes, configurationBytes: configuration) { try await blob($0) }
    }
}
