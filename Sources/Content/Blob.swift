public import Diagnostics
public import OCI

/// Content with a name: its digest, its size, and a way to read it from the start as often as needed, so that a retry
/// can begin again. The bytes are never all in memory.
public struct Blob: Sendable {
    /// The digest of all bytes.
    public let digest: Digest
    /// The length in bytes.
    public let size: Int64
    private let opener: @Sendable () throws -> any ByteReader

    /// Describes content that `open` reads.
    public init(digest: Digest, size: Int64, open: @escaping @Sendable () throws -> any ByteReader) {
        self.digest = digest
        self.size = size
        opener = open
    }

    /// Content that is in memory, for documents.
    /// - Throws: `ContentError` when it cannot be hashed.
    public init(_ bytes: some Sequence<UInt8>) throws(ContentError) {
        let bytes = Array(bytes)
        self.init(digest: try Digester.digest(of: bytes), size: Int64(bytes.count)) { MemoryReader(bytes) }
    }

    /// A fresh stream from the first byte.
    public func open() throws -> any ByteReader { try opener() }

    /// All bytes of a document.
    /// - Parameter limit: in bytes; more is refused.
    public func readAll(limit: Int = 16 << 20) throws -> [UInt8] { try open().readAll(limit: limit) }
}
