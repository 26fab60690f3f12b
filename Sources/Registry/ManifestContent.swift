public import Content
public import Diagnostics
public import OCI

/// A manifest or an index as a registry holds it, to the byte.
public struct ManifestContent: Sendable, Hashable {
    /// The document.
    public let bytes: [UInt8]
    /// Its type, digest and size.
    public let descriptor: Descriptor

    /// Takes a document.
    public init(_ bytes: [UInt8], mediaType: MediaType) throws(ContentError) {
        self.bytes = bytes
        descriptor = Descriptor(
            mediaType: mediaType, digest: try Digester.digest(of: bytes), size: Int64(bytes.count))
    }
}
