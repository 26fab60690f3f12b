import Layers

/// The symbolic links of a context, and where they lead.
struct ContextLinks: Sendable {
    private let targets: [String: String]

    init(_ manifest: ContextManifest) {
        targets = Dictionary(
            manifest.entries.compactMap { entry in entry.target.map { (entry.path, $0) } }, uniquingKeysWith: { $1 })
    }

    /// Whether there are none.
    var isEmpty: Bool { targets.isEmpty }

    /// Whether what is written at a path leads to a place below the tree, whatever other links lie on the way: neither it
    /// nor a link that it meets is absolute or climbs above the root.
    func staysInside(_ target: String, at path: String) -> Bool {
        var place = LayerPath.parts(LayerPath.split(path).directory)
        guard target.utf8.first != UInt8(ascii: "/") else { return false }
        var rest = LayerPath.parts(target)[...]
        // More links than any system follows lead nowhere.
        var links = 0
        while let part = rest.popFirst() {
            if part == "." { continue }
            if part == ".." {
                guard place.popLast() != nil else { return false }
                continue
            }
            guard let next = targets[(place + [part]).joined(separator: "/")] else {
                place.append(part)
                continue
            }
            links += 1
            guard links <= 40, next.utf8.first != UInt8(ascii: "/") else { return false }
            rest = LayerPath.parts(next) + rest
        }
        return true
    }
}
