public import Content
public import OCI

/// Where the files of an image's tree lie: in which of its layers, and by what name there.
public struct LayerMembers: Sendable {
    /// A file of a layer.
    public struct Member: Sendable, Hashable {
        /// The layer's number, 0 for the lowest.
        public let layer: Int
        /// The path of the entry that holds the content: of a hard link the path of what it leads to.
        public let path: String
        /// The length in bytes.
        public let size: Int64
    }

    private var members: [PathKey: Member] = [:]

    /// Looks through the indexes of an image's layers, lowest first.
    public init(_ indexes: [LayerIndex]) {
        for (number, index) in indexes.enumerated() {
            for entry in index.entries {
                switch entry.kind {
                case .file:
                    members[PathKey(entry.path)] = Member(layer: number, path: entry.path, size: entry.size)
                case .hardLink: members[PathKey(entry.path)] = entry.target.flatMap { members[PathKey($0)] }
                case .directory, .symbolicLink: members[PathKey(entry.path)] = nil
                }
            }
        }
    }

    /// The file of a path at which the image's tree has one; nil where no layer holds it. Whether it was removed again
    /// the tree tells.
    public subscript(path: String) -> Member? { members[PathKey(path)] }

    /// Reads a layer once, as a stream, and hands out the files that are wanted of it.
    /// - Parameters:
    ///   - reader: the layer's bytes as the registry has them.
    ///   - mediaType: tells the compression.
    ///   - paths: the files' paths in the layer.
    ///   - body: given each one's path, and the tar, of which it reads the content. A path that the layer holds twice comes
    ///     twice, and the last one counts.
    /// - Throws: `LayerError` (`unreadable_layer`).
    public static func read(
        _ reader: any ByteReader, mediaType: MediaType, paths: Set<PathKey>,
        _ body: (_ path: String, _ tar: TarReader) throws -> Void
    ) throws {
        let tar = try TarReader(try LayerIndexer.uncompressed(reader, mediaType: mediaType))
        while let entry = try tar.next() {
            guard case .file = entry.kind else { continue }
            let path = LayerPath.normalised(entry.path)
            if paths.contains(PathKey(path)) { try body(path, tar) }
        }
    }
}
