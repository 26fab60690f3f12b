import Content
import Diagnostics
import OCI

/// A file of a layer whose content lies in the cache: with others of that layer in one blob, one after the other.
struct KeptMember: Sendable, Hashable, Codable {
    /// The digest of its content.
    var digest: Digest
    /// Its length in bytes.
    var size: Int64
    /// The blob.
    var blob: Digest
    /// Where it starts there.
    var offset: Int64

    /// Opens it.
    /// - Throws: `ContentError` where the blob is gone.
    func open(in store: DirectoryBlobStore) throws -> any RandomAccessReader {
        guard let whole = try store.randomAccess(blob) else {
            throw ContentError(.notFound, "the cache no longer holds '\(blob)'", hints: ["build again"])
        }
        return SlicedReader(whole, offset: offset, size: size)
    }
}
