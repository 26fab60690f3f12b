import Content
import Diagnostics
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

    /// Images as a build made them.
    /// - Parameter isIndex: whether an index is wanted; without one the first image is all.
    /// - Throws: `ImageError` when there is no image.
    public init(images: [Image], isIndex: Bool) throws {
        guard let first = images.first else { throw ImageError(.imageNotFound, "there is no image to write") }
        if isIndex { try self.init(index: images) } else { self.init(first) }
    }

    /// An index over several images.
    public init(index images: [Image]) throws {
        let bytes = [UInt8](try CanonicalJSON.encode(Index(manifests: images.map(\.descriptor))))
        self.images = images
        indexBytes = bytes
        root = Descriptor(mediaType: .index, digest: try Digester.digest(of: bytes), size: Int64(bytes.count))
    }
}
