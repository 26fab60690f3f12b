import Diagnostics
import Layers

/// A directory of an image into which files go, resolved through the base: never written over its symbolic links.
struct ImageDestination: Sendable, Hashable, Codable {
    /// The path without links in it and without a leading slash; empty for the root.
    let path: String
    /// The directories on the way there that the base lacks, outermost first, the last one being `path` itself.
    let missing: [String]
    /// What the base holds below it, by path.
    let existing: [String: IndexedEntry]

    /// Looks at a base's tree.
    /// - Throws: `BuildError` (`invalid_spec`) when the path is relative, a loop or goes through a file.
    init(_ directory: String, in tree: FileTree) throws(BuildError) {
        guard directory.hasPrefix("/") else {
            throw BuildError(
                .invalidSpec, "the directory '\(directory)' is not absolute", hints: ["start it with a slash"])
        }
        guard !directory.split(separator: "/").contains("..") else {
            throw BuildError(.invalidSpec, "the directory '\(directory)' holds '..'")
        }
        guard let path = PathResolver.resolve(directory, in: tree.entry) else {
            throw BuildError(.invalidSpec, "the directory '\(directory)' is a loop of links in the base")
        }
        var missing: [String] = []
        let ways = path.isEmpty ? [] : LayerPath.ancestors(of: path) + [path]
        for way in ways {
            switch tree.entry(way)?.kind {
            case nil: missing.append(way)
            case .directory: break
            default:
                throw BuildError(
                    .invalidSpec, "'/\(way)', on the way to '\(directory)', is a file in the base",
                    hints: ["choose another directory"])
            }
        }
        self.path = path
        self.missing = missing
        let prefix = path.isEmpty ? "" : path + "/"
        var existing: [String: IndexedEntry] = [:]
        if missing.isEmpty {
            for child in tree.paths where child.hasPrefix(prefix) { existing[child] = tree.entry(child) }
        }
        self.existing = existing
    }
}
