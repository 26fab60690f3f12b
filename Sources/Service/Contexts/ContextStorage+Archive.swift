import Content
import Diagnostics
import Layers
public import OCI
import SystemPackage

extension ContextStorage {
    /// Receives a context as a tar, plain or by gzip.
    ///
    /// The archive is read twice, from a file that vanishes: what is cut off, damaged or against the rules is known before
    /// anything of it is kept. Paths may begin with `./`. A path that comes again replaces what it was. A hard link to an
    /// earlier file becomes a file of the same content. Devices, pipes and sockets are refused.
    /// - Parameter keepsModes: whether modes stay as they are in the archive, as a Dockerfile copies them. Otherwise they are
    ///   0644 and 0755, so that the context is the same as that of its files.
    /// - Returns: the digest by which builds name it.
    /// - Throws: `ServiceError` (`invalid_request`, `too_large`), or what `chunks` throws; nothing is kept then.
    public func receiveArchive<Chunks: AsyncSequence>(
        project: String, from chunks: Chunks, keepsModes: Bool = false
    ) async throws -> Digest
    where Chunks.Element: Sequence<UInt8> {
        let store = try store(of: project)
        let spool = try await spooled(chunks, besides: store)
        defer { try? FileSystem.remove(spool) }
        let limits = limits
        let manifest = try await blocking {
            do {
                try ArchivedContext(limits: limits, keepsModes: keepsModes, store: nil).read(spool).check(limits)
                return try ArchivedContext(limits: limits, keepsModes: keepsModes, store: store).read(spool)
            } catch let error as LayerError where error.blame == .request {
                throw ServiceError(
                    error.code == .tooLarge ? .tooLarge : .invalidRequest, "the archive cannot be a context",
                    cause: error)
            }
        }
        return try await commit(manifest, project: project)
    }

    private func spooled<Chunks: AsyncSequence>(_ chunks: Chunks, besides store: DirectoryBlobStore) async throws
        -> FilePath where Chunks.Element: Sequence<UInt8>
    {
        let spool = store.root.appending("ingest").appending("partial-\(hexadecimal(try randomBytes(8)))")
        let file = try TemporaryFile(besides: spool, mode: 0o600)
        var count: Int64 = 0
        for try await chunk in chunks {
            let bytes = Array(chunk)
            count += Int64(bytes.count)
            guard count <= limits.size else {
                throw ServiceError(.tooLarge, "a context may have \(limits.size) bytes, and the archive has more")
            }
            try file.write(bytes)
        }
        try file.commit(to: spool, durably: false)
        return spool
    }
}

/// Reads a tar as a context.
private struct ArchivedContext {
    let limits: ContextLimits
    let keepsModes: Bool
    /// Takes the files' contents; without one they are only looked at.
    let store: DirectoryBlobStore?

    func read(_ file: FilePath) throws -> ContextManifest {
        let source = try FileReader(file)
        let start = try source.bytes(at: 0, count: Int(min(2, source.size)))
        let tar = try TarReader(start == [0x1f, 0x8b] ? GzipReader(source) : source, refusesSpecialFiles: true)
        var entries: [String: ContextManifest.Entry] = [:]
        var size: Int64 = 0
        while let header = try tar.next() {
            let path = try path(of: header)
            // The context itself.
            if path.isEmpty { continue }
            if case .file(let length) = header.kind { size += max(0, length) }
            guard size <= limits.size, entries.count < limits.entries else {
                throw ServiceError(
                    .tooLarge,
                    "a context may have \(limits.entries) entries and \(limits.size) bytes, and the archive has more")
            }
            entries[path] = try entry(header, path, tar, known: entries)
        }
        return ContextManifest(entries: entries.values.sorted { LayerPath.precedes($0.path, $1.path) })
    }

    /// The path as a manifest has it: `./a/` is `a`. What else is odd about it is the manifest's check to refuse.
    private func path(of header: TarEntry) throws -> String {
        guard !header.path.utf8.starts(with: "/".utf8) else {
            throw ServiceError(.invalidRequest, "the path '\(header.path)' in the archive is absolute")
        }
        let path = LayerPath.normalised(header.path)
        return path.isEmpty ? path : try LayerPath.checked(path, origin: "the archive")
    }

    private func entry(
        _ header: TarEntry, _ path: String, _ tar: TarReader, known: [String: ContextManifest.Entry]
    ) throws -> ContextManifest.Entry {
        switch header.kind {
        case .directory: return .init(path: path, kind: .directory, mode: keepsModes ? header.mode & 0o7777 : 0o755)
        case .symbolicLink(let target): return .init(path: path, kind: .link, mode: 0o777, target: target)
        case .hardLink(let target):
            guard var entry = known[LayerPath.normalised(target)], entry.kind == .file else {
                throw ServiceError(
                    .invalidRequest,
                    "'\(path)' in the archive is a hard link to '\(target)', which is no file that stands before it")
            }
            entry.path = path
            return entry
        case .file(let size):
            let digest = try content(tar)
            let usual: UInt32 = header.mode & 0o100 == 0 ? 0o644 : 0o755
            return .init(
                path: path, kind: .file, mode: keepsModes ? header.mode & 0o7777 : usual, size: size, digest: digest)
        }
    }

    private func content(_ tar: TarReader) throws -> Digest {
        guard let store else {
            let digester = try Digester()
            try tar.forEachContentChunk { digester.update($0) }
            return digester.finish()
        }
        let writer = try store.makeWriter()
        try tar.forEachContentChunk { try writer.write($0) }
        return try writer.commit(expecting: nil).digest
    }
}
