/// A part of a stream, as a stream of its own.
public final class SlicedReader: RandomAccessReader {
    private let whole: any RandomAccessReader
    private let offset: Int64
    /// The part's length in bytes.
    public let size: Int64

    /// Takes the part.
    /// - Parameters:
    ///   - whole: what it is a part of.
    ///   - offset: where it starts.
    ///   - size: its length in bytes.
    public init(_ whole: any RandomAccessReader, offset: Int64, size: Int64) {
        self.whole = whole
        self.offset = offset
        self.size = size
    }

    /// Reads from the part, and nothing behind its end.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int64) throws -> Int {
        guard position >= 0, position < size else { return 0 }
        let count = min(buffer.count, Int(clamping: size - position))
        return try whole.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset + position)
    }
}
