/// What a layer contains, read once for each layer digest: its entries, and the few texts that planning asks for.
public struct LayerIndex: Sendable, Hashable, Codable {
    /// Raised whenever more is kept of a layer.
    public static let formatVersion = 4

    /// The entries in the layer's order, whiteouts among them.
    public var entries: [IndexedEntry]
    /// Small files that planning reads, by path.
    public var texts: [String: String]
    /// The C libraries in the places where a loader looks for them, by path.
    public var libraries: [String: GlibcLibrary]

    /// Takes the parts.
    public init(entries: [IndexedEntry] = [], texts: [String: String] = [:], libraries: [String: GlibcLibrary] = [:]) {
        self.entries = entries
        self.texts = texts
        self.libraries = libraries
    }
}

/// One entry of a layer's index.
public struct IndexedEntry: Sendable, Hashable, Codable {
    /// What stands at the path.
    public enum Kind: String, Sendable, Hashable, Codable {
        case directory = "d"
        case file = "f"
        case symbolicLink = "l"
        case hardLink = "h"
    }

    /// The path relative to the root, without a trailing slash.
    public var path: String
    /// What stands there.
    public var kind: Kind
    /// The permission bits.
    public var mode: UInt32
    /// The numeric owner.
    public var uid: UInt32
    /// The numeric group.
    public var gid: UInt32
    /// A file's length in bytes.
    public var size: Int64
    /// A link's target as it is written.
    public var target: String?

    // One letter each: a base has ten thousand entries.
    private enum CodingKeys: String, CodingKey {
        case path = "p"
        case kind = "k"
        case mode = "m"
        case uid = "u"
        case gid = "g"
        case size = "s"
        case target = "t"
    }

    /// Takes the parts.
    public init(
        path: String, kind: Kind, mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0, size: Int64 = 0,
        target: String? = nil
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.size = size
        self.target = target
    }

    init(_ entry: TarEntry, path: String) {
        self.init(path: path, kind: .file, mode: entry.mode, uid: entry.uid, gid: entry.gid)
        switch entry.kind {
        case .directory: kind = .directory
        case .file(let size): self.size = size
        case .symbolicLink(let target): (kind, self.target) = (.symbolicLink, target)
        case .hardLink(let target): (kind, self.target) = (.hardLink, LayerPath.normalised(target))
        }
    }
}
