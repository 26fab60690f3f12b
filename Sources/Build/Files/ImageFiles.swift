import Layers
import OCI
import Spec

/// The files of an image in the making: those of the base, and over them what instructions have made so far.
///
/// Each path has one state, the last one. What belongs to a layer of ours is changed where it stands, so that a mode that is
/// set later costs no copy; what is removed again is in no layer. Paths have no leading slash, and no links on their way.
struct ImageFiles {
    /// What stands at a path.
    struct Node: Hashable {
        /// What can stand there.
        enum Kind: Hashable {
            case directory
            /// A file of a layer of ours.
            case file(digest: Digest, size: Int64)
            /// A file of the base, whose content is not at hand.
            case baseFile
            case symbolicLink(target: String)
        }

        var kind: Kind
        var mode: UInt32
        var uid: UInt32 = 0
        var gid: UInt32 = 0
        /// The number of the layer of ours that holds it; nil for the base's.
        var layer: Int?
    }

    private let base: FileTree
    private var nodes: [PathKey: Node] = [:]
    /// Paths of the base that are gone, with all that was below them.
    private var gone: Set<PathKey> = []
    /// What each layer removes.
    private var removals: [Int: Set<PathKey>] = [:]
    /// The layers' titles.
    private(set) var titles: [String] = []

    init(base: FileTree) { self.base = base }

    /// Starts a layer.
    mutating func begin(_ title: String) { titles.append(title) }

    private var current: Int { titles.count - 1 }

    // MARK: Looking

    /// What stands at a path, links not followed; the root is a directory.
    subscript(path: String) -> Node? {
        if path.isEmpty { return Node(kind: .directory, mode: 0o755) }
        if let node = nodes[PathKey(path)] { return node }
        guard !isGone(path), let entry = base.entry(path) else { return nil }
        let kind: Node.Kind =
            switch entry.kind {
            case .directory: .directory
            case .file, .hardLink: .baseFile
            case .symbolicLink: .symbolicLink(target: entry.target ?? "")
            }
        return Node(kind: kind, mode: entry.mode, uid: entry.uid, gid: entry.gid)
    }

    private func isGone(_ path: String) -> Bool {
        guard !gone.isEmpty else { return false }
        return gone.contains(PathKey(path)) || LayerPath.ancestors(of: path).contains { gone.contains(PathKey($0)) }
    }

    /// The text of a file of the base that its index keeps, as long as the file is the base's.
    func baseText(_ path: String) -> String? {
        self[path]?.kind == .baseFile ? base.text(path) : nil
    }

    /// All that is below a directory, sorted.
    func descendants(of directory: String) -> [String] {
        var found = Set(nodes.keys.lazy.filter { LayerPath.isBelow(directory, $0.path) })
        if !isGone(directory) || directory.isEmpty {
            for path in base.paths(below: directory) where !isGone(path) { found.insert(PathKey(path)) }
        }
        return found.map(\.path).sorted(by: LayerPath.precedes)
    }

    /// The names in a directory, sorted.
    func names(in directory: String) -> [String] {
        let start = directory.isEmpty ? 0 : directory.utf8.count + 1
        let names = Set(
            descendants(of: directory).map { path in
                PathKey(String(decoding: path.utf8.dropFirst(start).prefix { $0 != UInt8(ascii: "/") }, as: UTF8.self))
            })
        return names.map(\.path).sorted(by: LayerPath.precedes)
    }

    /// A path without links in it; nil for a loop.
    /// - Parameter followsLast: whether a link in the last part is followed, too.
    func resolved(_ path: String, followsLast: Bool = true) -> String? {
        guard followsLast else {
            let (directory, name) = LayerPath.split(LayerPath.normalised(path))
            return resolved(directory).map { LayerPath.joined($0, name) }
        }
        return PathResolver.resolve(path) { path in
            guard case .symbolicLink(let target) = self[path]?.kind else { return nil }
            return IndexedEntry(path: path, kind: .symbolicLink, mode: 0o777, target: target)
        }
    }

    // MARK: Changing

    /// Puts something at a path, over what is there.
    mutating func put(_ node: Node, at path: String) {
        // Whiteouts speak of lower layers: what comes in their place comes in a layer of its own.
        let key = PathKey(path)
        if let removed = removals[current],
            removed.contains(key) || LayerPath.ancestors(of: path).contains(where: { removed.contains(PathKey($0)) })
        {
            begin(titles[current])
        }
        var node = node
        node.layer = current
        nodes[key] = node
    }

    /// Changes mode and owner where they stand.
    mutating func change(_ path: String, mode: UInt32, uid: UInt32, gid: UInt32) {
        guard var node = self[path], !path.isEmpty, (node.mode, node.uid, node.gid) != (mode, uid, gid) else { return }
        (node.mode, node.uid, node.gid) = (mode, uid, gid)
        if node.layer == nil { put(node, at: path) } else { nodes[PathKey(path)] = node }
    }

    /// Removes what stands at a path, and all that is below.
    mutating func remove(_ path: String) {
        let key = PathKey(path)
        for other in nodes.keys where other == key || LayerPath.isBelow(path, other.path) { nodes[other] = nil }
        guard !isGone(path), base.entry(path) != nil else { return }
        gone.insert(key)
        for number in removals.keys {
            removals[number] = removals[number]?.filter { !LayerPath.isBelow(path, $0.path) }
        }
        removals[current, default: []].insert(key)
    }

    // MARK: Layers

    /// What a layer holds.
    struct Layer {
        var title: String
        var entries: [FileEntry]
        var removed: [String]
    }

    /// The layers that hold or remove something, lowest first.
    func layers() -> [Layer] {
        var entries: [[PathKey]] = Array(repeating: [], count: titles.count)
        for (key, node) in nodes { if let layer = node.layer { entries[layer].append(key) } }
        return titles.indices.compactMap { number in
            let removed = removals[number] ?? []
            guard !entries[number].isEmpty || !removed.isEmpty else { return nil }
            // A runtime that finds no directory on the way makes one with a mode of its own.
            let ways = (entries[number] + removed).flatMap { LayerPath.ancestors(of: $0.path) }.map(PathKey.init)
            let all = Set(entries[number]).union(ways).map(\.path).sorted(by: LayerPath.precedes)
            return Layer(
                title: titles[number], entries: all.map(entry),
                removed: removed.map(\.path).sorted(by: LayerPath.precedes))
        }
    }

    private func entry(_ path: String) -> FileEntry {
        let node = self[path] ?? Node(kind: .directory, mode: 0o755)
        let kind: FileEntry.Kind =
            switch node.kind {
            case .directory, .baseFile: .directory
            case .file(let digest, let size): .file(digest: digest, size: size)
            case .symbolicLink(let target): .symbolicLink(target: target)
            }
        return FileEntry(path: path, kind: kind, mode: node.mode, uid: node.uid, gid: node.gid)
    }
}
