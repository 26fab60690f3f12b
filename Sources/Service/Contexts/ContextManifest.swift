public import OCI

/// The files of a build context by path and digest: what a client sends first, so that only content that the project
/// lacks has to follow. Its own digest (of its canonical JSON) names the context.
public struct ContextManifest: Sendable, Hashable, Codable {
    /// One file, directory or link.
    public struct Entry: Sendable, Hashable, Codable {
        /// The path relative to the context, with slashes, neither absolute nor with `.` or `..` in it.
        public var path: String
        /// What stands there.
        public var kind: Kind
        /// Permission bits; of a file only whether the owner may execute it matters.
        public var mode: UInt32
        /// The size in bytes; 0 unless it is a file.
        public var size: Int64
        /// The digest of a file's content.
        public var digest: Digest?
        /// Where a link leads.
        public var target: String?

        /// Takes the parts.
        public init(
            path: String, kind: Kind, mode: UInt32, size: Int64 = 0, digest: Digest? = nil, target: String? = nil
        ) {
            self.path = path
            self.kind = kind
            self.mode = mode
            self.size = size
            self.digest = digest
            self.target = target
        }
    }

    /// What stands at a path.
    public enum Kind: String, Sendable, Hashable, Codable {
        case file
        case directory
        case link
    }

    /// The entries, sorted by the bytes of their paths, each path once.
    public var entries: [Entry]

    /// Takes the entries.
    public init(entries: [Entry]) { self.entries = entries }
}
