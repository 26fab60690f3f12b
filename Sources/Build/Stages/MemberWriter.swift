import Content
import Layers
import OCI

/// Writes contents of many files into one blob of the cache, one after the other.
struct MemberWriter {
    /// A content, and where it stands in the blob.
    struct Content {
        fileprivate let digest: Digest
        fileprivate let size: Int64
        fileprivate let offset: Int64

        /// The same in the finished blob.
        func member(of blob: Blob) -> KeptMember {
            KeptMember(digest: digest, size: size, blob: blob.digest, offset: offset)
        }
    }

    private let writer: any BlobWriter
    private var written: Int64 = 0

    init(_ store: DirectoryBlobStore) throws { writer = try store.makeWriter() }

    /// Writes the content of the entry that a tar stands at.
    /// - Parameter check: hears the length of the blob so far, before more is written.
    mutating func append(contentOf tar: TarReader, check: (_ total: Int64) throws -> Void = { _ in }) throws -> Content
    {
        let digester = try Digester()
        let start = written
        try tar.forEachContentChunk { chunk in
            written += Int64(chunk.count)
            try check(written)
            digester.update(chunk)
            try writer.write(chunk)
        }
        return Content(digest: digester.finish(), size: written - start, offset: start)
    }

    /// Ends the blob.
    func commit() throws -> Blob { try writer.commit(expecting: nil) }
}
