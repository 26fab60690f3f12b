import FoundationEssentials
public import Images
public import OCI

/// What a build came to, for the last lines.
public struct BuildConclusion: Sendable, Hashable, Encodable {
    /// The digest of the manifest or index.
    public let digest: Digest
    /// The digest references, the one that counts last.
    public let references: [String]
    /// The bytes that went to registries; nil where nothing was pushed.
    public let uploadedBytes: Int64?
    /// The image's layers, lowest first: the order of the table.
    let layers: [Digest]

    private enum CodingKeys: String, CodingKey {
        case event, digest, references
        case uploadedBytes = "uploaded_bytes"
    }

    /// Takes the parts.
    public init(_ images: ImageSet, references: [String], uploadedBytes: Int64?) {
        self.init(
            digest: images.root.digest, layers: images.images.flatMap { $0.manifest.layers.map(\.digest) },
            references: references, uploadedBytes: uploadedBytes)
    }

    /// Takes the parts, of an image that is somewhere else.
    /// - Parameter layers: the image's layers, lowest first, as far as they are known.
    public init(digest: Digest, layers: [Digest], references: [String], uploadedBytes: Int64?) {
        self.digest = digest
        self.layers = layers
        self.references = references
        self.uploadedBytes = uploadedBytes
    }

    /// Writes `{"event":"result",…}`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("result", forKey: .event)
        try container.encode(digest, forKey: .digest)
        try container.encode(references, forKey: .references)
        try container.encodeIfPresent(uploadedBytes, forKey: .uploadedBytes)
    }

    /// What a mode shows on standard error when a build is done: a table, a line of JSON, or nothing.
    public func text(_ mode: ProgressMode, summary: BuildSummary, seconds: Double, palette: Palette) throws -> String {
        switch mode {
        case .auto, .plain:
            summary.ordered(by: layers).text(uploadedBytes: uploadedBytes, seconds: seconds, palette: palette)
        case .json: String(decoding: try CanonicalJSON.encode(self), as: UTF8.self) + "\n"
        case .quiet: ""
        }
    }
}
