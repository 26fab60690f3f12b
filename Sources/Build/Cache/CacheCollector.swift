import Content
import Diagnostics
import SystemPackage

/// Decides what of a cache is to go, and removes it.
///
/// Nothing of it is needed to be right: what is gone is made or fetched again, and a record that leads to what is gone
/// counts for nothing. What a build needs stays all the same, since whoever looks something up marks it as used.
public struct CacheCollector: Sendable, Hashable {
    /// The most bytes that are to be left; nil sets no limit.
    public var sizeLimit: Int64?
    /// What was last used before goes, however much room there is, nanoseconds since 1970; nil lets everything stay.
    public var removesUnusedSince: Int64?
    /// What was used since stays, however little room there is, nanoseconds since 1970.
    public var keepsUsedSince: Int64
    /// What was begun before and is still unfinished was abandoned, nanoseconds since 1970.
    public var abandonedBefore: Int64

    /// Takes the parts.
    public init(
        sizeLimit: Int64? = nil, removesUnusedSince: Int64? = nil, keepsUsedSince: Int64, abandonedBefore: Int64
    ) {
        self.sizeLimit = sizeLimit
        self.removesUnusedSince = removesUnusedSince
        self.keepsUsedSince = keepsUsedSince
        self.abandonedBefore = abandonedBefore
    }

    /// What is to go of entries, in the order in which it goes: what was abandoned, then the least recently used.
    public func plan(_ entries: [CacheEntry]) -> [CacheEntry] {
        let sorted = entries.sorted { ($0.lastUsed, $0.path.string) < ($1.lastUsed, $1.path.string) }
        let abandoned = sorted.filter { $0.kind == .unfinished && $0.lastUsed < abandonedBefore }
        let candidates = sorted.filter { $0.kind != .unfinished && $0.lastUsed < keepsUsedSince }
        var rest = entries.reduce(0) { $0 + $1.size } - abandoned.reduce(0) { $0 + $1.size }
        var planned = abandoned
        for entry in candidates {
            let isOld = removesUnusedSince.map { entry.lastUsed < $0 } ?? false
            let isTooMuch = sizeLimit.map { rest > $0 } ?? false
            guard isOld || isTooMuch else { break }
            planned.append(entry)
            rest -= entry.size
        }
        return planned
    }

    /// Removes what was planned, but for what was used since.
    /// - Returns: what was removed.
    /// - Throws: `ContentError`, `CancellationError`; what was removed by then is gone.
    public func remove(_ planned: [CacheEntry]) throws -> [CacheEntry] {
        try planned.filter { entry in
            try Task.checkCancellation()
            guard let status = try FileSystem.status(entry.path, followingLinks: false) else { return false }
            guard status.kind == .directory else {
                guard status.lastUsed < (entry.kind == .unfinished ? abandonedBefore : keepsUsedSince) else {
                    return false
                }
                try FileSystem.remove(entry.path)
                return true
            }
            // uv has begun to work since.
            if entry.kind == .index, try isAtWork(besides: entry.path) { return false }
            // Out of the way at once, so that nobody begins to use half of it.
            let doomed = try FileSystem.makeTemporaryDirectory(
                prefix: entry.path.removingLastComponent().appending(BuildCache.doomedPrefix))
            try FileSystem.rename(entry.path, to: doomed)
            try FileSystem.removeTree(doomed)
            return true
        }
    }

    private func isAtWork(besides index: FilePath) throws -> Bool {
        let directory = index.removingLastComponent()
        return try FileSystem.names(in: directory).contains { name in
            guard name.hasPrefix("resolve-"), let status = try FileSystem.status(directory.appending(name)) else {
                return false
            }
            return status.modified >= abandonedBefore
        }
    }
}

extension FileStatus {
    /// When a file was last read, marked as used, or written.
    var lastUsed: Int64 { max(used, modified) }
}
