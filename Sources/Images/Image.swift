public import Content
import Diagnostics
public import OCI

/// An image for one platform, wherever it lies: its documents are at hand, its layers are had when asked for.
public struct Image: Sendable {
    /// The manifest's descriptor.
    public let descriptor: Descriptor
    /// The manifest as it is written, to the byte.
    public let manifestBytes: [UInt8]
    /// The manifest.
    public let manifest: Manifest
    /// The configuration as it is written, to the byte.
    public let configurationBytes: [UInt8]
    /// The configuration.
    public let configuration: ImageConfiguration
    private let fetch: @Sendable (Descriptor) async throws -> Blob

    /// Takes an image whose documents were read.
    /// - Parameters:
    ///   - manifestBytes: the manifest.
    ///   - configurationBytes: the configuration.
    ///   - fetch: gives the content of a layer.
    /// - Throws: `ImageError` (`invalid_image`) when a document cannot be read or they contradict each other.
    public init(
        manifestBytes: [UInt8], configurationBytes: [UInt8],
        fetch: @escaping @Sendable (Descriptor) async throws -> Blob
    ) throws {
        manifest = try ImageDocument.decode(Manifest.self, from: manifestBytes, what: "manifest")
        configuration = try ImageDocument.decode(
            ImageConfiguration.self, from: configurationBytes, what: "image configuration")
        guard configuration.rootfs.diffIDs.count == manifest.layers.count else {
            throw ImageError(
                .invalidImage,
                "the manifest has \(manifest.layers.count) layers, the configuration \(configuration.rootfs.diffIDs.count)"
            )
        }
        descriptor = Descriptor(
            mediaType: manifest.mediaType ?? .manifest, digest: try Digester.digest(of: manifestBytes),
            size: Int64(manifestBytes.count), platform: configuration.platform)
        self.manifestBytes = manifestBytes
        self.configurationBytes = configurationBytes
        self.fetch = fetch
    }

    /// The content of one of the manifest's layers.
    public func layer(_ descriptor: Descriptor) async throws -> Blob { try await fetch(descriptor) }

    /// The configuration as content.
    public func configurationBlob() throws -> Blob { try Blob(configurationBytes) }
}
