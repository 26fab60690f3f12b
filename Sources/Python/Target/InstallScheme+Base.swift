public import Layers
public import Spec

extension InstallScheme {
    /// The scheme with what a base has where packages go: links to directories, and directories with a mode or owner of
    /// their own.
    ///
    /// Directories within `site-packages` are not looked at: packages make their own there.
    public func surveyed(in tree: FileTree) -> InstallScheme {
        var scheme = self
        let paths = tree.paths
        scheme.links = paths.compactMap { path in
            guard LayerPath.isBelow(prefix.dropFirst(), path), tree.entry(path)?.kind == .symbolicLink,
                let target = PathResolver.resolve(path, in: tree.entry), tree.entry(target)?.kind == .directory
            else { return nil }
            return SchemeLink(path: "/\(path)", target: "/\(target)")
        }
        let (roots, sites) = (scheme.roots, [purelib, platlib])
        scheme.directories = paths.compactMap { path in
            guard let entry = tree.entry(path), entry.kind == .directory,
                (entry.mode, entry.uid, entry.gid) != (0o755, 0, 0),
                roots.contains(where: { LayerPath.isBelow($0.dropFirst(), path) }),
                !sites.contains(where: { LayerPath.isBelow($0.dropFirst(), path) })
            else { return nil }
            return SchemeDirectory(path: "/\(path)", mode: entry.mode, uid: entry.uid, gid: entry.gid)
        }
        return scheme
    }

    /// The directories below which a layer writes each directory that it uses: a runtime would make it with a mode of
    /// its own.
    var roots: [String] { [prefix] + links.map(\.target) }

    /// Where something lands in the image that a scheme's paths lead to.
    /// - Parameters:
    ///   - path: without a leading slash.
    ///   - isDirectory: whether it is a directory, which a link at its own path stands for, while a file replaces one.
    func landing(of path: String, isDirectory: Bool) -> String {
        var path = path
        // A target has no link in it, so that each turn leaves fewer parts of the path; Linux ends after as many links.
        for _ in 0..<40 {
            let link = links.first { link in
                let place = link.path.dropFirst()
                return LayerPath.isBelow(place, path) || (isDirectory && place.utf8.elementsEqual(path.utf8))
            }
            guard let link else { break }
            let rest = path.utf8.dropFirst(link.path.utf8.count - 1)
            path = String(decoding: Array(link.target.utf8.dropFirst()) + rest, as: UTF8.self)
        }
        return path
    }
}
