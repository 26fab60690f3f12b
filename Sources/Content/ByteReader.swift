import Diagnostics

/// A stream of bytes that is pulled, synchronously: its readers are C libraries that ask from threads of their own
/// (libcurl, libarchive) and loops that compute (hashing, inflating).
///
/// A reader belongs to one thread at a time.
public protocol ByteReader: AnyObject {
    /// Fills the start of `buffer` and tells how many bytes it wrote; 0 is the end of the stream.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int
}

/// A stream that can also be read from any offset. Several threads may ask at once.
public protocol RandomAccessReader: AnyObject, Sendable {
    /// The length in bytes.
    var size: Int64 { get }
    /// Fills the start of `buffer` with the bytes from `offset` on and tells how many it wrote; 0 is the end.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int
}

extension RandomAccessReader {
    /// Exactly `count` bytes from `offset`.
    /// - Throws: `ContentError` (`size_mismatch`) if the stream ends before.
    public func bytes(at offset: Int64, count: Int) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<count])
                let read = try self.read(into: rest, at: offset + Int64(filled))
                guard read > 0 else {
                    throw ContentError(
                        .sizeMismatch,
                        "the content ends at byte \(offset + Int64(filled)), \(count - filled) bytes early")
                }
                filled += read
            }
        }
    }
}

extension ByteReader {
    /// Hands every byte to `body`, in pieces of at most 256 KiB.
    public func forEachChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            try Task.checkCancellation()
            let count = try read(into: buffer)
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// Every byte to the end, for documents.
    /// - Parameter limit: in bytes; a longer stream is refused, since it came from outside.
    public func readAll(limit: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        try forEachChunk { chunk in
            guard all.count + chunk.count <= limit else {
                throw ContentError(.sizeMismatch, "the content is longer than the \(limit) bytes allowed here")
            }
            all.append(contentsOf: chunk)
        }
        return all
    }
}

/// Bytes in memory as a stream.
public final class MemoryReader: ByteReader {
    private let bytes: [UInt8]
    private var position = 0

    /// Reads these bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Copies the next bytes.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = min(buffer.count, bytes.count - position)
        buffer.copyBytes(from: bytes[position..<position + count])
        position += count
        return count
    }
}
