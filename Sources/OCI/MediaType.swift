/// The media type of a blob or manifest. An open set: registries hold types that we only pass on.
public struct MediaType: RawRepresentable, Sendable, Hashable, Codable, CustomStringConvertible {
    /// The type as it stands in a descriptor or a `Content-Type` header.
    public let rawValue: String

    /// Takes any text.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Reads a bare string.
    public init(from decoder: any Decoder) throws {
        rawValue = try decoder.singleValueContainer().decode(String.self)
    }

    /// Writes a bare string.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rawValue)
    }

    /// The type itself.
    public var description: String { rawValue }

    // OCI image specification, media-types.md.
    /// `application/vnd.oci.image.manifest.v1+json`
    public static let manifest = MediaType(rawValue: "application/vnd.oci.image.manifest.v1+json")
    /// `application/vnd.oci.image.index.v1+json`
    public static let index = MediaType(rawValue: "application/vnd.oci.image.index.v1+json")
    /// `application/vnd.oci.image.config.v1+json`
    public static let configuration = MediaType(rawValue: "application/vnd.oci.image.config.v1+json")
    /// `application/vnd.oci.empty.v1+json`, the type of `{}` where a descriptor must be and nothing is to be told
    public static let empty = MediaType(rawValue: "application/vnd.oci.empty.v1+json")
    /// `application/vnd.oci.image.layer.v1.tar`
    public static let layer = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar")
    /// `application/vnd.oci.image.layer.v1.tar+gzip`
    public static let layerGzip = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+gzip")
    /// `application/vnd.oci.image.layer.v1.tar+zstd`
    public static let layerZstd = MediaType(rawValue: "application/vnd.oci.image.layer.v1.tar+zstd")

    // Docker's image manifest version 2, schema 2, which many registries still hold.
    /// `application/vnd.docker.distribution.manifest.v2+json`
    public static let dockerManifest = MediaType(rawValue: "application/vnd.docker.distribution.manifest.v2+json")
    /// `application/vnd.docker.distribution.manifest.list.v2+json`
    public static let dockerManifestList = MediaType(
        rawValue: "application/vnd.docker.distribution.manifest.list.v2+json")
    /// `application/vnd.docker.container.image.v1+json`
    public static let dockerConfiguration = MediaType(rawValue: "application/vnd.docker.container.image.v1+json")
    /// `application/vnd.docker.image.rootfs.diff.tar.gzip`
    public static let dockerLayer = MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.gzip")

    /// Whether this names a list of manifests by platform.
    public var isIndex: Bool { self == .index || self == .dockerManifestList }
    /// Whether this names a single image's manifest.
    public var isManifest: Bool { self == .manifest || self == .dockerManifest }

    /// The OCI name of a layer type that Docker names otherwise; the bytes are the same. An image that we write is
    /// OCI throughout, also where its base came as a Docker manifest.
    public var ociLayer: MediaType {
        switch self {
        case .dockerLayer: .layerGzip
        case MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar"): .layer
        case MediaType(rawValue: "application/vnd.docker.image.rootfs.diff.tar.zstd"): .layerZstd
        default: self
        }
    }
}
