import Content
import Diagnostics
import FoundationEssentials
import OCI
import SystemPackage

extension BuildCache {
    /// What a directory that is being removed is called. It counts as an unfinished base if that is cut short.
    static let doomedPrefix = "base-removed-"

    /// Everything in the cache that can be removed by itself.
    ///
    /// Nothing counts as used by being listed.
    /// - Parameter tellsKinds: whether records and content are looked into to tell what content is for; otherwise all of it
    ///   is `content`.
    /// - Throws: `ContentError`, `CancellationError`.
    public func entries(tellsKinds: Bool) throws -> [CacheEntry] {
        let kinds = try tellsKinds ? ContentKinds(of: self) : nil
        return try contentEntries(kinds) + recordEntries() + otherEntries()
    }

    private var contentDirectory: FilePath { root.appending("blobs").appending("sha256") }

    private func contentEntries(_ kinds: ContentKinds?) throws -> [CacheEntry] {
        var entries: [CacheEntry] = []
        for (name, path, status) in try files(in: contentDirectory) {
            let kind = kinds?.kind(of: name, at: path) ?? .content
            entries.append(CacheEntry(path: path, kind: kind, size: status.size, lastUsed: status.lastUsed))
        }
        for (name, path, status) in try files(in: root.appending("ingest")) where name.hasPrefix("partial-") {
            entries.append(
                CacheEntry(path: path, kind: .unfinished, size: status.size, lastUsed: status.modified))
        }
        return entries
    }

    private func recordEntries() throws -> [CacheEntry] {
        let directory = root.appending("records")
        var entries: [CacheEntry] = []
        for kind in try names(in: directory) {
            for (name, path, status) in try files(in: directory.appending(kind)) {
                let isUnfinished = name.hasPrefix("partial-")
                entries.append(
                    CacheEntry(
                        path: path, kind: isUnfinished ? .unfinished : kind == "resolution" ? .resolutions : .records,
                        size: status.size, lastUsed: isUnfinished ? status.modified : status.lastUsed))
            }
        }
        return entries
    }

    /// uv's cache, and directories of work.
    private func otherEntries() throws -> [CacheEntry] {
        var entries: [CacheEntry] = []
        // Whoever has uv at work has a directory for it beside its cache.
        var lastResolution: Int64 = 0
        for name in try names(in: root) where name.hasPrefix("base-") || name.hasPrefix("resolve-") {
            let path = root.appending(name)
            guard let (size, modified) = try Self.measure(path) else { continue }
            entries.append(CacheEntry(path: path, kind: .unfinished, size: size, lastUsed: modified))
            if name.hasPrefix("resolve-") { lastResolution = max(lastResolution, modified) }
        }
        let index = root.appending("uv")
        if let (size, modified) = try Self.measure(index) {
            entries.append(
                CacheEntry(path: index, kind: .index, size: size, lastUsed: max(modified, lastResolution)))
        }
        return entries
    }

    private func files(in directory: FilePath) throws -> [(name: String, path: FilePath, status: FileStatus)] {
        try names(in: directory).compactMap { name in
            try Task.checkCancellation()
            let path = directory.appending(name)
            guard let status = try FileSystem.status(path, followingLinks: false), status.kind == .file else {
                return nil
            }
            return (name, path, status)
        }
    }

    private func names(in directory: FilePath) throws -> [String] { try Self.presentNames(in: directory) }

    /// The names in a directory, which may vanish.
    private static func presentNames(in directory: FilePath) throws -> [String] {
        do {
            return try FileSystem.names(in: directory)
        } catch  where error.code == .notFound {
            return []
        }
    }

    /// The bytes below a path, and when any of it was last written.
    private static func measure(_ path: FilePath) throws -> (size: Int64, modified: Int64)? {
        try Task.checkCancellation()
        guard let status = try FileSystem.status(path, followingLinks: false) else { return nil }
        guard status.kind == .directory else { return (status.kind == .file ? status.size : 0, status.modified) }
        var (size, modified) = (Int64(0), status.modified)
        for name in try presentNames(in: path) {
            guard let part = try measure(path.appending(name)) else { continue }
            size += part.size
            modified = max(modified, part.modified)
        }
        return (size, modified)
    }
}
