public import OCI

/// A file of the network on its way into the image.
public struct FileDownload: Sendable, Hashable, Codable {
    /// Where it is, an `http` or `https` URL. It may hold credentials: never shown, logged or made part of a key.
    public var url: String
    /// The name that it gets in a directory; nil where the URL names no file.
    public var name: String?
    /// The digest that it must have; nil takes what comes.
    public var checksum: Digest?
    /// Where it goes, absolute.
    public var destination: String
    /// Whether the destination is a directory even where nothing is there.
    public var isIntoDirectory: Bool
    /// Whose it is; nil means root.
    public var owner: FileOwner?
    /// Its mode, octal or symbolic; nil means 0600.
    public var mode: String?
    /// Whether a tar, compressed or not, is unpacked into the destination.
    public var unpacks: Bool

    /// Takes the parts.
    public init(
        url: String, name: String?, checksum: Digest? = nil, destination: String, isIntoDirectory: Bool,
        owner: FileOwner? = nil, mode: String? = nil, unpacks: Bool = false
    ) {
        self.url = url
        self.name = name
        self.checksum = checksum
        self.destination = destination
        self.isIntoDirectory = isIntoDirectory
        self.owner = owner
        self.mode = mode
        self.unpacks = unpacks
    }
}
