/// The manifest of content that is no image and belongs to one: a bill of materials, a signature (OCI image
/// specification 1.1, manifest.md, "Guidelines for Artifact Usage").
public struct ArtifactManifest: Sendable, Hashable, Codable {
    /// Always 2.
    public var schemaVersion: Int
    /// The manifest's own type, that of an image's.
    public var mediaType: MediaType
    /// What kind of content it is.
    public var artifactType: MediaType
    /// An artifact without settings has the empty object here.
    public var config: Descriptor
    /// The content.
    public var layers: [Descriptor]
    /// The manifest that it belongs to. A registry lists it among that one's referrers.
    public var subject: Descriptor
    /// Free metadata; a registry's list shows them.
    public var annotations: [String: String]?

    /// What the configuration's descriptor names where there is nothing to be told: `{}`.
    public static let emptyContent = Array("{}".utf8)

    /// An artifact of one blob.
    /// - Parameters:
    ///   - type: the kind of content.
    ///   - content: the blob.
    ///   - empty: the digest of `emptyContent`.
    ///   - subject: what it belongs to; platform and annotations of the descriptor are left out.
    public init(
        type: MediaType, content: Descriptor, empty: Digest, subject: Descriptor,
        annotations: [String: String]? = nil
    ) {
        schemaVersion = 2
        mediaType = .manifest
        artifactType = type
        config = Descriptor(mediaType: .empty, digest: empty, size: Int64(Self.emptyContent.count))
        layers = [content]
        self.subject = Descriptor(mediaType: subject.mediaType, digest: subject.digest, size: subject.size)
        self.annotations = annotations
    }
}
