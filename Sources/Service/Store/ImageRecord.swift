import Content
import FoundationEssentials
import Images
public import OCI

/// A name that an image of a project has.
public struct ImageRecord: Sendable, Hashable {
    /// Whose it is.
    public var project: String
    /// `registry/repository:tag`; of an image without a name its own ID.
    public var name: String
    /// What docker calls the image's ID: the digest of its configuration.
    public var id: Digest
    /// The build that made it; the image is forgotten with it.
    public var build: String
    /// What is known of it.
    public var documents: ImageDocuments
    /// When it got the name.
    public var namedAt: ServerTime

    /// Takes the parts. The store itself sets the time.
    public init(
        project: String, name: String, id: Digest, build: String, documents: ImageDocuments,
        namedAt: ServerTime = ServerTime(milliseconds: 0)
    ) {
        self.project = project
        self.name = name
        self.id = id
        self.build = build
        self.documents = documents
        self.namedAt = namedAt
    }

    /// The name, if it is one and not the ID.
    public var reference: Reference? { name.hasPrefix("sha256:") ? nil : try? Reference(name) }
}

/// The documents of an image for one platform.
public struct ImageDocuments: Sendable, Hashable, Codable {
    /// The manifest's descriptor.
    public var descriptor: Descriptor
    /// The manifest.
    public var manifest: Manifest
    /// The configuration.
    public var configuration: ImageConfiguration

    /// Takes the parts.
    public init(descriptor: Descriptor, manifest: Manifest, configuration: ImageConfiguration) {
        self.descriptor = descriptor
        self.manifest = manifest
        self.configuration = configuration
    }

    /// The documents of an image.
    init(_ image: Image) {
        self.init(descriptor: image.descriptor, manifest: image.manifest, configuration: image.configuration)
    }

    /// The bytes that its layers and its configuration have in a registry.
    public var size: Int64 { manifest.layers.reduce(manifest.config.size) { $0 + $1.size } }
}
