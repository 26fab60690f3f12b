public import Diagnostics
import Glibc
public import OCI
public import SystemPackage

/// A store in a directory: `blobs/sha256/<hash>`, as in an OCI layout. Several processes may use one directory.
public struct DirectoryBlobStore: RandomAccessBlobStore {
    /// The directory that holds `blobs/`.
    public let root: FilePath
    private let ingest: FilePath
    /// Whether it is remembered when content was last used.
    private let keepsAccount: Bool

    /// Opens a store, making its directories where they are missing.
    /// - Parameters:
    ///   - root: the directory that holds `blobs/`.
    ///   - ingest: where content lies while it is written; on the same file system. `root/ingest` unless given.
    public init(_ root: FilePath, ingest: FilePath? = nil) throws(ContentError) {
        self.root = root
        self.ingest = ingest ?? root.appending("ingest")
        keepsAccount = true
        try FileSystem.makeDirectory(root.appending("blobs").appending("sha256"))
        try FileSystem.makeDirectory(self.ingest)
    }

    /// Opens a store to read from it alone; nothing is made.
    public init(reading root: FilePath) {
        self.root = root
        ingest = root.appending("ingest")
        keepsAccount = false
    }

    /// Where the content of a digest lies if it is there.
    public func path(of digest: Digest) -> FilePath {
        root.appending("blobs").appending(digest.algorithm.rawValue).appending(digest.encoded)
    }

    /// The content of a digest. To look for it is to use it: it stays for as long as what was just used does.
    public func blob(_ digest: Digest) throws -> Blob? {
        let path = path(of: digest)
        guard let status = try FileSystem.status(path), status.kind == .file else { return nil }
        if keepsAccount { FileSystem.markUsed(path, known: status) }
        return Blob(digest: digest, size: status.size) { try FileReader(path) }
    }

    /// The content of a digest that is known to be so many bytes long.
    ///
    /// A file of another length was damaged after it had been written, and is removed: whoever asked can make or fetch it
    /// again, and nobody else is handed half of it.
    public func blob(_ digest: Digest, size: Int64) throws -> Blob? {
        guard let blob = try blob(digest) else { return nil }
        if blob.size == size { return blob }
        try FileSystem.remove(path(of: digest))
        return nil
    }

    /// The content of a digest from any offset.
    public func randomAccess(_ digest: Digest) throws -> (any RandomAccessReader)? {
        let path = path(of: digest)
        guard let status = try FileSystem.status(path) else { return nil }
        if keepsAccount { FileSystem.markUsed(path, known: status) }
        return try FileReader(path)
    }

    /// Remembers that content is used now, for those who remove what nobody used for long.
    public func markUsed(_ digest: Digest) { FileSystem.markUsed(path(of: digest)) }

    /// Starts new content.
    public func makeWriter() throws -> any BlobWriter { try DirectoryBlobWriter(store: self, ingest: ingest) }

    /// Removes what a crash left half written more than a day ago.
    public func removeAbandoned(now seconds: Int64) throws(ContentError) {
        for name in try FileSystem.names(in: ingest) where name.hasPrefix("partial-") {
            let path = ingest.appending(name)
            guard let status = try FileSystem.status(path) else { continue }
            if status.modified / 1_000_000_000 < seconds - 86_400 { try FileSystem.remove(path) }
        }
    }
}

private final class DirectoryBlobWriter: BlobWriter {
    private let store: DirectoryBlobStore
    private let file: TemporaryFile
    private let digester: Digester

    init(store: DirectoryBlobStore, ingest: FilePath) throws(ContentError) {
        self.store = store
        file = try TemporaryFile(in: ingest, mode: 0o444)
        digester = try Digester()
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws {
        digester.update(bytes)
        try file.write(bytes)
    }

    func commit(expecting expected: Digest?) throws -> Blob {
        let size = digester.count
        let digest = digester.finish()
        guard expected == nil || expected == digest else {
            throw ContentError(
                .digestMismatch,
                "the content has digest \(digest), not \(expected?.description ?? "") as was promised")
        }
        let path = store.path(of: digest)
        try file.commit(to: path)
        return Blob(digest: digest, size: size) { try FileReader(path) }
    }
}
