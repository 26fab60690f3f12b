import Content
import Diagnostics
import Images
import OCI

/// An image whose parts are in the cache.
struct CachedImages: ImageSource {
    let manifest: Descriptor
    let store: DirectoryBlobStore

    /// The image, if all of its parts are still there.
    func whole(for platform: Platform?) async throws -> Image {
        let image = try await image(for: platform)
        for layer in image.manifest.layers { _ = try await image.layer(layer) }
        return image
    }

    var name: String { "the cached image \(manifest.digest)" }

    func root() async throws -> Descriptor { manifest }

    func document(_ descriptor: Descriptor) async throws -> [UInt8] { try await blob(descriptor).readAll() }

    func blob(_ descriptor: Descriptor) async throws -> Blob {
        if let blob = try store.blob(descriptor.digest, size: descriptor.size) { return blob }
        return try store.required(descriptor.digest)
    }
}

extension BuildCache {
    /// Writes an image's documents; its layers are in the cache already.
    func keep(
        _ configuration: ImageConfiguration, layers: [Descriptor], annotations: [String: String]? = nil,
        otherLayers: (@Sendable (Descriptor) async throws -> Blob)? = nil
    ) throws -> Image {
        let configurationBytes = [UInt8](try CanonicalJSON.encode(configuration))
        let config = try blobs.put(configurationBytes)
        let manifest = Manifest(
            config: Descriptor(mediaType: .configuration, digest: config.digest, size: config.size),
            // What Docker names otherwise has the same bytes; an image that we write is OCI throughout.
            layers: layers.map(\.asOCI),
            annotations: annotations)
        let manifestBytes = [UInt8](try CanonicalJSON.encode(manifest))
        try blobs.put(manifestBytes)
        let store = content
        return try Image(manifestBytes: manifestBytes, configurationBytes: configurationBytes) { descriptor in
            if let blob = try store.blob(descriptor.digest, size: descriptor.size) { return blob }
            if let otherLayers { return try await otherLayers(descriptor) }
            return try store.required(descriptor.digest)
        }
    }
}

extension BaseImageDefinition {
    /// A fetched image with what the definition sets on top.
    func applied(to image: Image, cache: BuildCache) throws -> Image {
        var configuration = image.configuration
        configuration.config = try (configuration.config ?? .init()).applying(self.configuration)
        guard configuration != image.configuration else { return image }
        return try cache.keep(configuration, layers: image.manifest.layers) { try await image.layer($0) }
    }
}
