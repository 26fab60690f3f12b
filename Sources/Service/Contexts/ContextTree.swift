import Content
import Diagnostics
import Layers
public import OCI
import Synchronization
public import SystemPackage

/// A context as a directory, for tools that read files by their paths. It is written as far as somebody is about to read
/// it: most builds need a manifest or two of it.
///
/// Files are 0644 or 0755, links are links, and nothing is written outside of the directory. A large file that nobody may
/// execute is not copied: it becomes another name of the stored content, which is read-only. The time of a copied file
/// follows from its content, so that whoever goes by size and time takes a changed file for a changed one, and an equal
/// one for equal, in whichever tree.
public final class ContextTree: Sendable {
    /// Which symbolic links of a context the tree has.
    public enum Links: Sendable {
        /// All, as they are written: for a tree that nothing follows links in.
        case all
        /// Those that stay below the tree: nothing that reads the tree by whatever path sees more than the context.
        case inside
    }

    /// Where it lies, absolute.
    public let root: FilePath
    private let source: ManifestSource
    private let links: Links
    private let copiesAll: Bool
    private let written = Mutex<Set<String>>([])

    /// Nothing is written yet but the directory itself.
    /// - Parameter copiesAll: whether large files are copied, too: for a tree in which code of the context runs, which may
    ///   write to what it finds.
    init(_ source: ManifestSource, at root: FilePath, links: Links, copiesAll: Bool = false) throws {
        self.root = root.lexicallyNormalized()
        self.source = source
        self.links = links
        self.copiesAll = copiesAll
        try FileSystem.makeDirectory(root)
    }

    /// Writes all of it.
    /// - Throws: `ServiceError` (`missing_content`), `ContentError`.
    public func writeAll() throws { try write(root) }

    /// Writes a file, or a directory with all that is in it; what the context does not have is left to its reader to miss.
    /// - Parameter path: below the directory; what is elsewhere is none of the tree's.
    /// - Throws: `ServiceError` (`missing_content`), `ContentError`.
    public func write(_ path: FilePath) throws {
        var rest = path.lexicallyNormalized()
        guard rest.removePrefix(root) else { return }
        // Behind a link a path is another place than its text says.
        let wanted = source.links.isEmpty ? rest.string : ""
        try written.withLock { try write(wanted, &$0) }
    }

    private func write(_ path: String, _ written: inout Set<String>) throws {
        guard let kind = source.kind(of: path), !written.contains(path) else { return }
        try Task.checkCancellation()
        switch kind {
        case .directory:
            try makeDirectory(path, &written)
            for name in source.names(in: path) { try write(path.isEmpty ? name : "\(path)/\(name)", &written) }
        case .file:
            try makeDirectory(LayerPath.split(path).directory, &written)
            try write(file: path)
        case .symbolicLink:
            let target = try source.linkTarget(path)
            if case .inside = links, !source.links.staysInside(target, at: path) { return }
            try makeDirectory(LayerPath.split(path).directory, &written)
            try FileSystem.makeLink(place(path), to: target)
        case .socket, .other: return
        }
        written.insert(path)
    }

    private func place(_ path: String) -> FilePath { root.pushing(FilePath(path)) }

    private func makeDirectory(_ path: String, _ written: inout Set<String>) throws {
        // Of a directory that was only made, what is in it may still be missing.
        guard !path.isEmpty, written.insert("\(path)/").inserted else { return }
        try FileSystem.makeDirectory(place(path))
    }

    /// From this size on a file is not copied.
    private static let linkedSize: Int64 = 256 << 10

    private func write(file path: String) throws {
        let (digest, size, mode) = try source.file(path)
        let isExecutable = mode & 0o100 != 0
        guard let blob = try source.store.blob(digest, size: size) else { throw ContextStorage.missing([digest]) }
        let place = place(path)
        if !copiesAll, !isExecutable, size >= Self.linkedSize,
            try FileSystem.link(source.store.path(of: digest), to: place)
        {
            return
        }
        let file = try TemporaryFile(besides: place, mode: isExecutable ? 0o755 : 0o644)
        try blob.open().forEachChunk { try file.write($0) }
        try file.commit(to: place, durably: false)
        let number = UInt32(digest.encoded.prefix(7), radix: 16) ?? 0
        try FileSystem.setModified(place, seconds: 315_532_800 + Int64(number))
    }
}

extension ContextStorage {
    /// A context as a directory, of which nothing is written yet.
    /// - Parameter directory: an empty one, or none yet.
    /// - Throws: `ServiceError` (`missing_content`).
    public func tree(
        _ digest: Digest, project: String, at directory: FilePath, links: ContextTree.Links = .all
    ) async throws -> ContextTree {
        let manifest = try await manifest(of: digest, project: project)
        return try ContextTree(ManifestSource(manifest, store: store(of: project)), at: directory, links: links)
    }
}
