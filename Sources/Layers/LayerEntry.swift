public import Content
public import OCI

/// One entry of a layer: its header, and where its bytes come from.
public struct LayerEntry: Sendable {
    /// The header.
    public var header: TarEntry
    /// The bytes, of a file only.
    public var content: LayerContent

    /// Takes the parts.
    public init(_ header: TarEntry, content: LayerContent = .none) {
        self.header = header
        self.content = content
    }
}

/// Where a file's bytes come from, and with that how they get into the gzip stream.
public enum LayerContent: Sendable {
    /// No bytes.
    case none
    /// Bytes that were made here; deflated.
    case bytes([UInt8])
    /// A DEFLATE stream that is taken over as it is.
    case deflated(DeflatedSpan)
    /// Bytes of a source; deflated here.
    case plain(PlainSpan)
    /// Bytes of a source that do not compress; stored.
    case stored(PlainSpan)

    /// The CRC-32 of the bytes, as far as it is known without reading a source.
    public var crc: UInt32? {
        switch self {
        case .none: return nil
        case .deflated(let span): return span.crc
        case .plain(let span), .stored(let span): return span.crc
        case .bytes(let bytes):
            var crc = CRC32()
            bytes.withUnsafeBytes { crc.update($0) }
            return crc.value
        }
    }
}

/// A raw DEFLATE stream within a source.
public struct DeflatedSpan: Sendable {
    /// What holds the stream.
    public let source: any RandomAccessReader
    /// Where it starts.
    public let offset: Int64
    /// Its length in bytes.
    public let compressedSize: Int64
    /// The CRC-32 that its content was said to have.
    public let crc: UInt32

    /// Takes the parts.
    public init(source: any RandomAccessReader, offset: Int64, compressedSize: Int64, crc: UInt32) {
        self.source = source
        self.offset = offset
        self.compressedSize = compressedSize
        self.crc = crc
    }
}

/// Uncompressed bytes within a source.
public struct PlainSpan: Sendable {
    /// Opens what holds the bytes; called when the entry is written, so that few files are open at a time.
    public let open: @Sendable () throws -> any RandomAccessReader
    /// Where they start.
    public let offset: Int64
    /// The CRC-32 that they were said to have, if anything said so.
    public let crc: UInt32?
    /// The digest that they were said to have, if anything said so.
    public let digest: Digest?

    /// Takes the parts.
    public init(
        offset: Int64 = 0, crc: UInt32? = nil, digest: Digest? = nil,
        open: @escaping @Sendable () throws -> any RandomAccessReader
    ) {
        self.open = open
        self.offset = offset
        self.crc = crc
        self.digest = digest
    }
}
