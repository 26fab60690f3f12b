import Content
public import OCI

/// What is pushed or exported: one image, or an index over one for each of several platforms.
public struct ImageSet: Sendable {
    /// The images, in the order of the index.
    public let images: [Image]
    /// The index's bytes, if there is one.
    public let indexBytes: [UInt8]?
    /// What a tag points at: the index, or the only image's manifest.
    public let root: Descriptor

    /// One image.
    public init(_ image: Image) {
        images = [image]
        indexBytes = nil
        root = image.descriptor
    }

    /// An index over several images.
    public init(index images: [Image], annotations: [String: String]? = nil) throws {
        let bytes = [UInt8](
            try CanonicalJSON.encode(Index(manifests: images.map(\.descriptor), annotations: annotations)))
        self.images = images
        indexBytes = bytes
        root = Descriptor(mediaType: .index, digest: try Digester.digest(of: bytes), size: Int64(bytes.count))
    }
}
