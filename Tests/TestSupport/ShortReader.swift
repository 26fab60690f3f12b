public import Content

/// Bytes in memory that can be read from any offset, in pieces as short as a test likes.
public final class ShortReader: ByteReader, RandomAccessReader, @unchecked Sendable {
    private let bytes: [UInt8]
    private let piece: Int
    // Used by one thread at a time, as ByteReader asks.
    private var position = 0

    /// Holds bytes.
    /// - Parameter piece: how many bytes a read gives at most.
    public init(_ bytes: [UInt8], piece: Int = .max) {
        self.bytes = bytes
        self.piece = piece
    }

    /// The length in bytes.
    public var size: Int64 { Int64(bytes.count) }

    /// Reads from an offset.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        guard offset < bytes.count else { return 0 }
        let count = min(buffer.count, piece, bytes.count - Int(offset))
        buffer.copyBytes(from: bytes[Int(offset)..<Int(offset) + count])
        return count
    }

    /// Reads on from where the last call ended.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try read(into: buffer, at: Int64(position))
        position += count
        return count
    }
}
