import Diagnostics
public import OCI

/// A place that keeps content by its digest.
///
/// What is there under a digest is whole and has that digest. No requirement exposes a file's path, since a store may
/// be far away.
public protocol BlobStore: Sendable {
    /// The content of a digest, or nil if it is not there.
    func blob(_ digest: Digest) throws -> Blob?
    /// Starts new content.
    func makeWriter() throws -> any BlobWriter
}

/// Content on its way into a store. Dropped before `commit`, it leaves nothing.
public protocol BlobWriter: AnyObject {
    /// Appends bytes, and hashes them on the way.
    func write(_ bytes: UnsafeRawBufferPointer) throws
    /// Ends the content and makes it appear under its digest.
    /// - Parameter expected: what the digest must be; nil takes what it is.
    /// - Throws: `ContentError` (`digest_mismatch`); nothing is kept then.
    func commit(expecting expected: Digest?) throws -> Blob
}

/// A store whose content can also be read from any offset without being copied first.
public protocol RandomAccessBlobStore: BlobStore {
    /// The content of a digest, or nil if it is not there.
    func randomAccess(_ digest: Digest) throws -> (any RandomAccessReader)?
}

extension BlobStore {
    /// Whether a digest is there.
    public func contains(_ digest: Digest) throws -> Bool { try blob(digest) != nil }

    /// The content of a digest that must be there.
    /// - Throws: `ContentError` (`not_found`).
    public func required(_ digest: Digest) throws -> Blob {
        guard let blob = try blob(digest) else {
            throw ContentError(
                .notFound, "the store no longer holds \(digest)", hints: ["run the build again with --no-cache"])
        }
        return blob
    }

    /// Keeps bytes that are at hand.
    @discardableResult
    public func put(_ bytes: some Sequence<UInt8>) throws -> Blob { try put(Blob(bytes)) }

    /// Copies content into this store, checking its digest.
    @discardableResult
    public func put(_ blob: Blob) throws -> Blob {
        // A file of another length was damaged after it had been written, and is replaced.
        if let present = try self.blob(blob.digest), present.size == blob.size { return present }
        let writer = try makeWriter()
        try blob.open().forEachChunk { try writer.write($0) }
        return try writer.commit(expecting: blob.digest)
    }
}
