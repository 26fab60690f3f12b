public import SystemPackage

/// A file or directory of a cache that can be removed by itself.
public struct CacheEntry: Sendable, Hashable {
    /// What an entry is for.
    public enum Kind: String, Sendable, Hashable, Codable, CaseIterable, CodingKeyRepresentable {
        /// Fetched wheels.
        case wheels
        /// Finished layers of the kinds that we make.
        case layers
        /// The parts of layers that came of one wheel each.
        case runs
        /// Layers and documents of base images.
        case bases
        /// Manifests and configurations of images that were built.
        case images
        /// Content that nothing tells more of.
        case content
        /// Answers of uv.
        case resolutions
        /// What other keys led to.
        case records
        /// uv's own cache of package indexes.
        case index
        /// What somebody is writing, or left half written.
        case unfinished
    }

    /// Where it lies.
    public let path: FilePath
    /// What it is for.
    public let kind: Kind
    /// The length in bytes; of a directory that of all files in it.
    public let size: Int64
    /// When it was last used, nanoseconds since 1970.
    public let lastUsed: Int64

    /// Takes the parts.
    public init(path: FilePath, kind: Kind, size: Int64, lastUsed: Int64) {
        self.path = path
        self.kind = kind
        self.size = size
        self.lastUsed = lastUsed
    }
}
