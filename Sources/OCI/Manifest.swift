/// An image for one platform: its configuration and its layers, lowest first (OCI image specification, manifest.md;
/// Docker's schema 2 has the same shape).
public struct Manifest: Sendable, Hashable, Codable {
    /// Always 2.
    public var schemaVersion: Int
    /// The manifest's own type; some old manifests leave it out.
    public var mediaType: MediaType?
    /// The image configuration's blob.
    public var config: Descriptor
    /// The layers, lowest first.
    public var layers: [Descriptor]
    /// Free metadata.
    public var annotations: [String: String]?

    /// An OCI manifest of these parts.
    public init(config: Descriptor, layers: [Descriptor], annotations: [String: String]? = nil) {
        schemaVersion = 2
        mediaType = .manifest
        self.config = config
        self.layers = layers
        self.annotations = annotations
    }
}
