import Content
import Images
import OCI
import Registry

/// An image in a registry on its way to another one: what is not in the cache goes through without being kept there.
struct RelayedImages: ImageSource {
    let images: RegistryImages
    let registries: RegistryClient

    /// What is as small as a configuration costs less to keep than to ask for twice.
    private static let kept: Int64 = 1 << 20

    var name: String { images.name }

    func root() async throws -> Descriptor { try await images.root() }

    func document(_ descriptor: Descriptor) async throws -> [UInt8] { try await images.document(descriptor) }

    func blob(_ descriptor: Descriptor) async throws -> Blob {
        if let cached = try images.cached(descriptor) { return cached }
        if descriptor.size > Self.kept,
            let relayed = try await registries.relayed(descriptor, from: images.reference)
        {
            return relayed
        }
        return try await images.blob(descriptor)
    }
}
