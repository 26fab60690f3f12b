public import OCI
public import Spec

extension FileTree {
    /// A layer that removes paths of the tree.
    ///
    /// Only what is there is whited out: some runtimes fail on a whiteout of nothing. The directories on the way are written
    /// as they are, since a runtime that finds none in the layer makes them with a mode of its own.
    /// - Parameters:
    ///   - paths: files, links and directories, of which the last go with all that is below them; without leading slashes
    ///     and without links on their way.
    public func layer(removing paths: some Sequence<String>, timestamp: Timestamp) -> FileLayer {
        let found = Set(paths.filter { entry($0) != nil }.map(PathKey.init))
        let tops = found.filter { path in
            LayerPath.ancestors(of: path.path).allSatisfy { !found.contains(PathKey($0)) }
        }
        let directories = Set(tops.flatMap { LayerPath.ancestors(of: $0.path) }.map(PathKey.init))
        return FileLayer(
            entries: directories.map { directory($0.path) }.sorted { LayerPath.precedes($0.path, $1.path) },
            removed: tops.map(\.path).sorted(by: LayerPath.precedes), compression: .deflate, timestamp: timestamp)
    }

    /// A directory as it is. A layer need not list the parents of what it holds.
    private func directory(_ path: String) -> FileEntry {
        let entry = entry(path)
        return FileEntry(
            path: path, kind: .directory, mode: entry?.mode ?? 0o755, uid: entry?.uid ?? 0, gid: entry?.gid ?? 0)
    }
}
