/// Bytes in memory, to be read from any offset.
public final class BytesReader: RandomAccessReader {
    private let bytes: [UInt8]

    /// Takes the bytes.
    public init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// How many there are.
    public var size: Int64 { Int64(bytes.count) }

    /// Reads as many as are there and fit.
    /// - Returns: how many.
    public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
        guard offset >= 0, offset < size else { return 0 }
        let part = bytes[Int(offset)...].prefix(buffer.count)
        buffer.copyBytes(from: part)
        return part.count
    }
}
