public import OCI

/// An entry of a server's catalog of base images.
public struct ServedBaseImage: Sendable, Decodable {
    /// The name by which builds start from it.
    public let name: String
    /// The release that it is made of, or the image that it is.
    public let source: String
    /// What its containers start with; nil of an image in a registry, which has its own.
    public let config: ImageConfiguration.Execution?

    /// The image in a registry that it is; nil for one that the server makes.
    public var reference: Reference? { config == nil ? try? Reference(source) : nil }
}
