import Layers

/// What the paths of an image's layers meet on another base: directories that are links there, whiteouts without a directory,
/// files that both bring.
struct RebasedPaths {
    /// The first thing that cannot work, if there is one.
    private(set) var problem: String?
    /// What the user should know.
    private(set) var warnings: [String] = []

    private var before: FileTree
    private var after: FileTree
    private var replaced: Set<PathKey> = []
    private var missed: [String] = []
    private var packages: [String] = []

    /// Lays the layers on both bases, one after the other.
    init(old: [LayerIndex], new: [LayerIndex], upper: [LayerIndex]) {
        (before, after) = (FileTree(old), FileTree(new))
        let (first, second) = (before, after)
        for layer in upper {
            look(at: layer, first, second)
            if problem != nil { return }
            before.apply(layer)
            after.apply(layer)
        }
        let files = replaced.map(\.path).sorted(by: LayerPath.precedes)
        if !files.isEmpty {
            warnings.append(
                "the image's layers bring \(Self.list(files)), as made for the old base: what the new one has there is not seen"
            )
        }
        if !missed.isEmpty {
            warnings.append("the image's layers remove \(Self.list(missed)), which the new base does not have")
        }
    }

    private mutating func look(at layer: LayerIndex, _ old: FileTree, _ new: FileTree) {
        let own = Set(layer.entries.filter { $0.kind == .directory }.map { PathKey($0.path) })
        var checked: Set<PathKey> = []
        for entry in layer.entries {
            let (directory, name) = LayerPath.split(entry.path)
            if checked.insert(PathKey(directory)).inserted {
                for way in LayerPath.ancestors(of: entry.path) where isBlocked(way) {
                    problem = "'/\(entry.path)' of its layers lies below '/\(way)', which is no directory there"
                    return
                }
            }
            if name.utf8.starts(with: ".wh.".utf8) {
                look(atWhiteout: name, in: directory, own)
                if problem != nil { return }
                continue
            }
            if entry.kind == .directory {
                guard isBlocked(entry.path) else { continue }
                problem = "'/\(entry.path)' is a directory of its layers, and none there"
                return
            }
            if after.entry(entry.path)?.kind == .directory, before.entry(entry.path)?.kind != .directory {
                problem = "'/\(entry.path)' is a file of its layers, and a directory there"
                return
            }
            if entry.kind == .file, old.entry(entry.path)?.kind == .file, new.entry(entry.path)?.kind == .file,
                before.entry(entry.path) == old.entry(entry.path)
            {
                replaced.insert(PathKey(entry.path))
            }
        }
    }

    /// Whether something else than a directory stands there on the new base, and did not on the old one.
    private func isBlocked(_ path: String) -> Bool {
        guard let entry = after.entry(path), entry.kind != .directory else { return false }
        return before.entry(path)?.kind != entry.kind
    }

    /// Runtimes fail at a whiteout whose directory is not there (kaniko#2050); one that finds the directory and nothing in it
    /// does no harm.
    private mutating func look(atWhiteout name: String, in directory: String, _ own: Set<PathKey>) {
        let isThere =
            directory.isEmpty || own.contains(PathKey(directory)) || after.entry(directory)?.kind == .directory
        if !isThere, before.entry(directory)?.kind == .directory {
            problem = "its layers remove something of '/\(directory)', a directory that is not there"
            return
        }
        guard name != ".wh..wh..opq" else { return }
        let target = LayerPath.joined(directory, String(decoding: name.utf8.dropFirst(4), as: UTF8.self))
        if after.entry(target) == nil, before.entry(target) != nil { missed.append("/\(target)") }
    }

    private static func list(_ paths: [String]) -> String {
        let shown = paths.prefix(3).map { $0.hasPrefix("/") ? "'\($0)'" : "'/\($0)'" }.joined(separator: ", ")
        return shown + (paths.count > 3 ? " and \(paths.count - 3) more" : "")
    }
}
