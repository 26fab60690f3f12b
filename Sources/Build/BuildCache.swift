public import Content
public import Diagnostics
public import OCI
public import Spec
public import SystemPackage

/// The directory in which everything is kept that a later build can use again: blobs by digest (wheels, layers, base
/// images), records that lead to them, and uv's own cache. Several processes may use one.
public struct BuildCache: Sendable {
    /// The directory.
    public let root: FilePath
    /// Content by its digest.
    public let blobs: DirectoryBlobStore
    /// What keys led to.
    public let records: DirectoryRecordStore

    /// Opens a cache, making it where it is missing.
    /// - Throws: `ContentError` when it cannot be written to.
    public init(_ root: FilePath) throws(ContentError) {
        self.root = root
        do {
            blobs = try DirectoryBlobStore(root)
            records = try DirectoryRecordStore(root.appending("records"))
        } catch {
            throw ContentError(
                error.code, "the cache cannot be used: \(error.message)",
                hints: ["name another directory by COOPERAGE_CACHE_DIR"], cause: error.cause)
        }
    }

    /// Where the cache lies: `$COOPERAGE_CACHE_DIR`, else `$XDG_CACHE_HOME/cooperage`, else `~/.cache/cooperage`
    /// (XDG base directory specification; relative paths there are ignored).
    public static func standardPath(environment: [String: String]) -> FilePath {
        if let path = environment["COOPERAGE_CACHE_DIR"], !path.isEmpty { return FilePath(path) }
        if let path = environment["XDG_CACHE_HOME"], path.hasPrefix("/") {
            return FilePath(path).appending("cooperage")
        }
        return FilePath(environment["HOME"] ?? "/tmp").appending(".cache").appending("cooperage")
    }

    /// Removes what processes that were killed left half done more than a day ago.
    func removeAbandoned(now: Int64) throws(ContentError) {
        try blobs.removeAbandoned(now: now)
        for name in try FileSystem.names(in: root) where name.hasPrefix("base-") || name.hasPrefix("resolve-") {
            let path = root.appending(name)
            guard let status = try FileSystem.status(path) else { continue }
            if status.modified / 1_000_000_000 < now - 86_400 { try FileSystem.removeTree(path) }
        }
    }

    /// The finished layer of a recipe, if it is still whole in the store.
    public func layer(_ key: Digest) throws -> MadeLayer? {
        let record = RecordKey(kind: "layers", digest: key)
        guard let layer = try records.value(MadeLayer.self, for: record) else { return nil }
        return try blobs.blob(layer.descriptor.digest, size: layer.descriptor.size).map { _ in layer }
    }

    /// Remembers the finished layer of a recipe.
    public func setLayer(_ layer: MadeLayer, for key: Digest) throws {
        try records.setValue(layer, for: RecordKey(kind: "layers", digest: key))
    }
}
