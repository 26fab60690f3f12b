/// An image's files: the merge of its layers' indexes, upper over lower, whiteouts applied (OCI image
/// specification, layer.md).
public struct FileTree: Sendable {
    private var nodes: [PathKey: IndexedEntry] = [:]
    private var keptTexts: [PathKey: String] = [:]
    private var libraries: [PathKey: GlibcLibrary] = [:]

    /// Merges layers, lowest first.
    public init(_ layers: [LayerIndex]) {
        for layer in layers { apply(layer) }
    }

    /// What stands at a path, symbolic links not followed; nil for nothing.
    public func entry(_ path: String) -> IndexedEntry? { nodes[PathKey(path)] }

    /// The text of a file that the indexer keeps.
    public func text(_ path: String) -> String? { keptTexts[PathKey(path)] }

    /// The highest `GLIBC_x.y` that the image's C library defines.
    /// - Parameter architecture: the image's; libraries for other processors do not count.
    public func glibc(on architecture: String) -> GlibcVersion? {
        libraries.values.filter { $0.runs(on: architecture) }.map(\.version).max()
    }

    /// Every path, sorted by bytes.
    public var paths: [String] { nodes.keys.map(\.path).sorted(by: LayerPath.precedes) }

    /// Every path below a directory, in no order.
    public func paths(below directory: String) -> [String] {
        nodes.keys.compactMap { LayerPath.isBelow(directory, $0.path) ? $0.path : nil }
    }

    /// Every path whose text is kept, sorted by bytes.
    public var textPaths: [String] { keptTexts.keys.map(\.path).sorted(by: LayerPath.precedes) }

    /// Puts a layer on top.
    public mutating func apply(_ layer: LayerIndex) {
        // Whiteouts speak of lower layers only, wherever they stand in their own.
        for entry in layer.entries {
            let (directory, name) = LayerPath.split(entry.path)
            if name == ".wh..wh..opq" {
                removeChildren(of: directory)
            } else if name.utf8.starts(with: ".wh.".utf8) {
                let target = String(decoding: name.utf8.dropFirst(4), as: UTF8.self)
                remove(directory.isEmpty ? target : "\(directory)/\(target)")
            }
        }
        for entry in layer.entries where !LayerPath.split(entry.path).name.utf8.starts(with: ".wh.".utf8) {
            let key = PathKey(entry.path)
            if let lower = nodes[key], lower.kind == .directory, entry.kind != .directory {
                removeChildren(of: entry.path)
            }
            keptTexts[key] = layer.texts[entry.path]
            libraries[key] = layer.libraries[entry.path]
            nodes[key] = entry
        }
    }

    private mutating func remove(_ path: String) {
        // A directory need not have an entry of its own.
        if nodes.removeValue(forKey: PathKey(path))?.kind ?? .directory == .directory { removeChildren(of: path) }
        keptTexts[PathKey(path)] = nil
        libraries[PathKey(path)] = nil
    }

    private mutating func removeChildren(of directory: String) {
        for key in nodes.keys where LayerPath.isBelow(directory, key.path) {
            nodes[key] = nil
            keptTexts[key] = nil
            libraries[key] = nil
        }
    }
}
