import OCI

/// What an archive holds, its files by the contents that the cache keeps.
struct UnpackedArchive: Sendable, Codable {
    /// What stands at a path of the archive.
    enum Kind: Sendable, Hashable, Codable {
        case directory
        case file(KeptMember)
        case symbolicLink(target: String)
        case hardLink(target: String)
    }

    /// One entry.
    struct Entry: Sendable, Codable {
        /// The path, without a leading slash; empty for the place itself.
        var path: String
        var kind: Kind
        var mode: UInt32
        var uid: UInt32
        var gid: UInt32
    }

    /// The blob with the contents of all files; nil where no archive was found.
    var blob: Digest?
    /// The blob's length in bytes.
    var size: Int64
    /// The entries in the archive's order.
    var entries: [Entry]

    /// Whether it is one at all.
    var isArchive: Bool { blob != nil }
}
