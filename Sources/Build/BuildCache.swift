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
    /// What is everybody's: public wheels, the layers made of nothing else, and the catalog's bases.
    public var shared: SharedCache?

    /// Opens a cache, making it where it is missing.
    /// - Throws: `ContentError` when it cannot be written to.
    public init(_ root: FilePath) throws(ContentError) {
        self.root = root
        shared = nil
        do {
            blobs = try DirectoryBlobStore(root)
            records = try DirectoryRecordStore(root.appending("records"))
        } catch {
            throw ContentError(
                error.code, "the cache cannot be used: \(error.message)",
                hints: ["name another directory by COOPERAGE_CACHE_DIR"], cause: error.cause)
        }
    }

    init(_ root: FilePath, blobs: DirectoryBlobStore, records: DirectoryRecordStore) {
        self.root = root
        self.blobs = blobs
        self.records = records
        shared = nil
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
        let starts = ["base-", "resolve-", "build-"]
        for name in try FileSystem.names(in: root) where starts.contains(where: name.hasPrefix) {
            let path = root.appending(name)
            guard let status = try FileSystem.status(path) else { continue }
            if status.modified / 1_000_000_000 < now - 86_400 { try FileSystem.removeTree(path) }
        }
    }

    /// The finished layer of a recipe, if it is still whole in the store, or in what is everybody's.
    public func layer(_ key: Digest) throws -> MadeLayer? {
        let record = RecordKey(kind: "layers", digest: key)
        guard let layer = try records.value(MadeLayer.self, for: record),
            try blobs.blob(layer.descriptor.digest, size: layer.descriptor.size) != nil
        else { return try shared?.cache.layer(key) }
        // A layer that is only told of to registries is not read for long, and is in use all the same.
        blobs.markUsed(layer.descriptor.digest)
        return layer
    }

    /// All content that can be read, this cache's own and everybody's; what is written becomes its own.
    var content: LayeredBlobStore { LayeredBlobStore(own: blobs, shared: shared?.cache.blobs) }

    /// The cache of what the catalog brings.
    var ofCatalog: BuildCache { shared?.cache ?? self }

    /// Remembers the finished layer of a recipe.
    public func setLayer(_ layer: MadeLayer, for key: Digest) throws {
        try records.setValue(layer, for: RecordKey(kind: "layers", digest: key))
    }
}
