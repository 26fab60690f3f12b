/// Paths in the image and in the context, as texts.
enum ImagePath {
    /// An absolute path without `.`, `..`, and empty parts.
    /// - Parameter directory: where a relative path starts; nil where that is not known.
    /// - Returns: nil for a relative path whose start is not known.
    static func absolute(_ path: String, in directory: String?) -> String? {
        if path.hasPrefix("/") { return "/" + parts(path, from: []).joined(separator: "/") }
        guard let directory else { return nil }
        return "/" + parts(path, from: parts(directory, from: [])).joined(separator: "/")
    }

    /// A path relative to the context; nil for one that leads out of it. The context itself is the empty path.
    static func relative(_ path: String) -> String? {
        var depth = 0
        for part in path.split(separator: "/") where part != "." {
            depth += part == ".." ? -1 : 1
            if depth < 0 { return nil }
        }
        return parts(path, from: []).joined(separator: "/")
    }

    private static func parts(_ path: String, from start: [String]) -> [String] {
        var parts = start
        for part in path.split(separator: "/") where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(String(part)) }
        }
        return parts
    }

    /// What follows a directory in a path: empty for the directory itself, nil for a path that is not in it.
    static func inside(_ path: String, _ directory: String) -> String? {
        if path == directory { return "" }
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        return path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
    }

    /// The directory from which a path of the context is reached as `path`: `/srv` for `/srv/app/x` and `app/x`.
    static func root(of path: String, for relative: String) -> String? {
        if relative.isEmpty { return path }
        guard path.hasSuffix("/" + relative) else { return nil }
        let root = path.dropLast(relative.count + 1)
        return root.isEmpty ? "/" : String(root)
    }

    /// The last part.
    static func name(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? "" }

    static func joined(_ directory: String, _ name: String) -> String {
        directory.isEmpty || directory.hasSuffix("/") ? directory + name : directory + "/" + name
    }
}
