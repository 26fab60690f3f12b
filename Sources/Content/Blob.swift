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
    private let partOpener: (@Sendable (Range<Int64>) throws -> any ByteReader)?

    /// Describes content that `open` reads.
    public init(digest: Digest, size: Int64, open: @escaping @Sendable () throws -> any ByteReader) {
        self.digest = digest
        self.size = size
        opener = open
        partOpener = nil
    }

    /// Describes content of which any part is had by itself.
    public init(
        digest: Digest, size: Int64, openPart: @escaping @Sendable (Range<Int64>) throws -> any ByteReader
    ) {
        self.digest = digest
        self.size = size
        opener = { try openPart(0..<size) }
        partOpener = openPart
    }

    /// Content that is in memory, for documents.
    /// - Throws: `ContentError` when it cannot be hashed.
    public init(_ bytes: some Sequence<UInt8>) throws(ContentError) {
        let bytes = Array(bytes)
        self.init(digest: try Digester.digest(of: bytes), size: Int64(bytes.count)) { MemoryReader(bytes) }
    }

    /// A fresh stream from the first byte.
    public func open() throws -> any ByteReader { try opener() }

    /// A fresh stream of a part, where the content has a way of its own to it.
    func openedPart(_ range: Range<Int64>) throws -> (any ByteReader)? { try partOpener?(range) }

    /// All bytes of a document.
    /// - Parameter limit: in bytes; more is refused.
    public func readAll(limit: Int = 16 << 20) throws -> [UInt8] { try open().readAll(limit: limit) }
}
