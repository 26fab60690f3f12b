import Content
import Diagnostics
import Layers
public import OCI
public import SystemPackage

extension ContextStorage {
    /// Which symbolic links of a context a tree on disk has.
    public enum Links: Sendable {
        /// All, as they are written: for a tree that nothing follows links in.
        case all
        /// Those that stay below the tree: nothing that reads the tree by whatever path sees more than the context.
        case inside
    }

    /// Writes a context's tree into an empty directory: files 0644 or 0755, links as links, nothing outside of it.
    ///
    /// A large file that nobody may execute is not copied: it becomes another name of the stored content, which is
    /// read-only. The time of a copied file follows from its content, so that whoever goes by size and time takes a changed
    /// file for a changed one, and an equal one for equal, in whichever tree.
    /// - Throws: `ServiceError` (`missing_content`), `ContentError`.
    public func materialise(
        _ digest: Digest, project: String, into directory: FilePath, links: Links = .all
    ) async throws {
        let manifest = try await manifest(of: digest, project: project)
        try await materialise(manifest, project: project, into: directory, links: links)
    }

    func materialise(
        _ manifest: ContextManifest, project: String, into directory: FilePath, links: Links
    ) async throws {
        // It was checked when it was committed; a tree is written by nothing but what was checked.
        try manifest.check(limits)
        let store = try store(of: project)
        let all = ContextLinks(manifest)
        try await blocking {
            var made: Set<String> = []
            try FileSystem.makeDirectory(directory)
            func makeDirectory(_ path: String) throws {
                guard !path.isEmpty, made.insert(path).inserted else { return }
                try FileSystem.makeDirectory(directory.pushing(FilePath(path)))
            }
            for entry in manifest.entries {
                try Task.checkCancellation()
                try makeDirectory(LayerPath.split(entry.path).directory)
                let path = directory.pushing(FilePath(entry.path))
                switch entry.kind {
                case .directory: try makeDirectory(entry.path)
                case .link:
                    guard let target = entry.target else { continue }
                    if case .inside = links, !all.staysInside(target, at: entry.path) { continue }
                    try FileSystem.makeLink(path, to: target)
                case .file: try Self.write(entry, to: path, from: store)
                }
            }
        }
    }

    /// From this size on a file is not copied.
    private static let linkedSize: Int64 = 256 << 10

    private static func write(_ entry: ContextManifest.Entry, to path: FilePath, from store: DirectoryBlobStore) throws
    {
        guard let digest = entry.digest, let blob = try store.blob(digest, size: entry.size) else {
            throw missing([entry.digest].compactMap(\.self))
        }
        let isExecutable = entry.mode & 0o100 != 0
        if !isExecutable, entry.size >= linkedSize, try FileSystem.link(store.path(of: digest), to: path) { return }
        let file = try TemporaryFile(besides: path, mode: isExecutable ? 0o755 : 0o644)
        try blob.open().forEachChunk { try file.write($0) }
        try file.commit(to: path, durably: false)
        let number = UInt32(digest.encoded.prefix(7), radix: 16) ?? 0
        try FileSystem.setModified(path, seconds: 315_532_800 + Int64(number))
    }
}

/// The symbolic links of a context, and where they lead.
struct ContextLinks: Sendable {
    private let targets: [String: String]

    init(_ manifest: ContextManifest) {
        targets = Dictionary(
            manifest.entries.compactMap { entry in entry.target.map { (entry.path, $0) } }, uniquingKeysWith: { $1 })
    }

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
