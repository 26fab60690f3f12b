import Content
import Diagnostics
import OCI
import Python
public import SystemPackage
import Transfer

/// A cache that several tenants read: what lies in it is public.
///
/// Wheels get there by being fetched from a public host without credentials, checked by their digests; layers by being made
/// of such wheels alone. So whoever finds something there by its digest could have had it from the public host, too.
public struct SharedCache: Sendable {
    private let root: FilePath
    /// The hosts, `host` or `host:port`, whose files all the world may read.
    public let publicHosts: Set<String>
    private let blobs: DirectoryBlobStore
    private let records: DirectoryRecordStore

    /// Opens a cache, making it where it is missing.
    public init(_ root: FilePath, publicHosts: Set<String>) throws {
        let cache = try BuildCache(root)
        self.root = root
        self.publicHosts = publicHosts
        blobs = cache.blobs
        records = cache.records
    }

    /// The cache itself.
    public var cache: BuildCache { BuildCache(root, blobs: blobs, records: records) }

    /// Whether what lies at a URL is public.
    func isPublic(_ text: String) -> Bool {
        // A query may be a signature that only its holder has.
        guard !text.contains("?"), let url = try? HTTPURL(text), url.userInformation == nil else { return false }
        return publicHosts.contains(url.host) || publicHosts.contains("\(url.host):\(url.port)")
    }
}

/// Content of two stores: own before shared. What is written goes to the own one.
struct LayeredBlobStore: RandomAccessBlobStore {
    let own: DirectoryBlobStore
    let shared: DirectoryBlobStore?

    func blob(_ digest: Digest) throws -> Blob? { try own.blob(digest) ?? shared?.blob(digest) }

    func blob(_ digest: Digest, size: Int64) throws -> Blob? {
        try own.blob(digest, size: size) ?? shared?.blob(digest, size: size)
    }

    func randomAccess(_ digest: Digest) throws -> (any RandomAccessReader)? {
        try own.randomAccess(digest) ?? shared?.randomAccess(digest)
    }

    func makeWriter() throws -> any BlobWriter { try own.makeWriter() }
}
