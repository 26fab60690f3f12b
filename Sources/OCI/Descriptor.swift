/// Where content is and what it should be (OCI image specification, descriptor.md).
public struct Descriptor: Sendable, Hashable, Codable {
    /// What kind of content.
    public var mediaType: MediaType
    /// The digest of its bytes.
    public var digest: Digest
    /// Its length in bytes.
    public var size: Int64
    /// The platform, in an index's entries only.
    public var platform: Platform?
    /// Free metadata.
    public var annotations: [String: String]?

    /// Takes the parts.
    public init(
        mediaType: MediaType, digest: Digest, size: Int64, platform: Platform? = nil,
        annotations: [String: String]? = nil
    ) {
        self.mediaType = mediaType
        self.digest = digest
        self.size = size
        self.platform = platform
        self.annotations = annotations
    }
}
