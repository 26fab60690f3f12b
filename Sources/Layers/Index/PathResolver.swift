/// Follows symbolic links in an image's tree as a kernel would with the image as its root.
public enum PathResolver {
    /// Links are followed this often at most (Linux's own limit).
    private static let limit = 40

    /// What an absolute path becomes without symbolic links in it.
    ///
    /// - Parameters:
    ///   - path: absolute or relative to the root.
    ///   - entry: what stands at a path without leading slash, links not followed.
    /// - Returns: the path without leading slash; parts that do not exist are kept as they are. Nil for a loop.
    public static func resolve(_ path: String, in entry: (String) -> IndexedEntry?) -> String? {
        var pending = LayerPath.parts(path)[...]
        var resolved: [String] = []
        var followed = 0
        while let part = pending.popFirst() {
            switch part {
            case ".": continue
            case "..": _ = resolved.popLast()
            default:
                resolved.append(part)
                guard let found = entry(resolved.joined(separator: "/")), found.kind == .symbolicLink,
                    let target = found.target
                else { continue }
                followed += 1
                guard followed <= limit else { return nil }
                if target.utf8.first == UInt8(ascii: "/") { resolved.removeAll() } else { resolved.removeLast() }
                pending = LayerPath.parts(target) + pending
            }
        }
        return resolved.joined(separator: "/")
    }
}
