public import OCI

/// The header of one tar entry, with what a layer may hold. No device nodes, no names of owners: numbers only.
public struct TarEntry: Sendable, Hashable {
    /// What the entry is.
    public enum Kind: Sendable, Hashable {
        /// A directory.
        case directory
        /// A file of so many bytes.
        case file(size: Int64)
        /// A symbolic link, its target as it is written.
        case symbolicLink(target: String)
        /// A second name of a file in the same tar; the target is relative to the tar's root.
        case hardLink(target: String)
    }

    /// The path relative to the tar's root, without a trailing slash.
    public var path: String
    /// What the entry is.
    public var kind: Kind
    /// The permission bits.
    public var mode: UInt32
    /// The numeric owner.
    public var uid: UInt32
    /// The numeric group.
    public var gid: UInt32
    /// When it was last written.
    public var modified: Timestamp

    /// Takes the parts.
    public init(
        path: String, kind: Kind, mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0,
        modified: Timestamp = .reproducible
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.modified = modified
    }
}
