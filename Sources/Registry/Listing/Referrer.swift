public import OCI

/// What refers to a manifest, as a registry lists it.
public struct Referrer: Sendable, Hashable, Codable {
    /// The type of its manifest.
    public var mediaType: MediaType
    /// The digest of its manifest.
    public var digest: Digest
    /// The length of its manifest in bytes.
    public var size: Int64
    /// What kind of content it is; nil where nobody told.
    public var artifactType: MediaType?
    /// Free metadata.
    public var annotations: [String: String]?
}
