/// An image's files: the merge of its layers' indexes, upper over lower, whiteouts applied (OCI image
/// specification, layer.md).
public struct FileTree: Sendable {
    private var nodes: [String: IndexedEntry] = [:]
    private var keptTexts: [String: String] = [:]
    /// The highest `GLIBC_x.y` that the image's C library defines.
    public private(set) var glibc: GlibcVersion?

    /// Merges layers, lowest first.
    public init(_ layers: [LayerIndex]) {
        for layer in layers { apply(layer) }
    }

    /// What stands at a path, symbolic links not followed; nil for nothing.
    public func entry(_ path: String) -> IndexedEntry? { nodes[path] }

    /// The text of a file that the indexer keeps.
    public func text(_ path: String) -> String? { keptTexts[path] }

    /// Every path, sorted by bytes.
    public var paths: [String] { nodes.keys.sorted(by: LayerPath.precedes) }

    /// Every path whose text is kept, sorted by bytes.
    public var textPaths: [String] { keptTexts.keys.sorted(by: LayerPath.precedes) }

    private mutating func apply(_ layer: LayerIndex) {
        // Whiteouts speak of lower layers only, wherever they stand in their own.
        for entry in layer.entries {
            let (directory, name) = Self.split(entry.path)
            if name == ".wh..wh..opq" {
                removeChildren(of: directory)
            } else if name.hasPrefix(".wh.") {
                let target = String(name.dropFirst(4))
                remove(directory.isEmpty ? target : "\(directory)/\(target)")
            }
        }
        for entry in layer.entries where !Self.split(entry.path).name.hasPrefix(".wh.") {
            if let lower = nodes[entry.path], lower.kind == .directory, entry.kind != .directory {
                removeChildren(of: entry.path)
            }
            keptTexts[entry.path] = layer.texts[entry.path]
            nodes[entry.path] = entry
        }
        glibc = layer.glibc ?? glibc
    }

    private mutating func remove(_ path: String) {
        // A directory need not have an entry of its own.
        if nodes.removeValue(forKey: path)?.kind ?? .directory == .directory { removeChildren(of: path) }
        keptTexts[path] = nil
    }

    private mutating func removeChildren(of directory: String) {
        let prefix = directory.isEmpty ? "" : directory + "/"
        for path in nodes.keys where path.hasPrefix(prefix) {
            nodes[path] = nil
            keptTexts[path] = nil
        }
    }

    private static func split(_ path: String) -> (directory: String, name: Substring) {
        guard let slash = path.lastIndex(of: "/") else { return ("", path[...]) }
        return (String(path[..<slash]), path[path.index(after: slash)...])
    }
}
