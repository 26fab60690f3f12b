/// One image for several platforms, or the content of a layout directory (OCI image specification, image-index.md).
public struct Index: Sendable, Hashable, Codable {
    /// Always 2.
    public var schemaVersion: Int
    /// The index's own type; layouts may leave it out.
    public var mediaType: MediaType?
    /// The manifests, in the order of preference.
    public var manifests: [Descriptor]
    /// Free metadata.
    public var annotations: [String: String]?

    /// An OCI index of these manifests.
    public init(manifests: [Descriptor], annotations: [String: String]? = nil) {
        schemaVersion = 2
        mediaType = .index
        self.manifests = manifests
        self.annotations = annotations
    }

    /// The first entry that runs on a platform, or nil.
    public func manifest(for platform: Platform) -> Descriptor? {
        manifests.first { $0.platform == platform }
            ?? manifests.first { entry in entry.platform.map { platform.runs($0) } ?? false }
    }
}
