extension Blob {
    /// A fresh stream of a part.
    /// - Parameter range: which bytes; a blob that is shorter ends the stream.
    public func open(_ range: Range<Int64>) throws -> any ByteReader {
        try openedPart(range) ?? PartReader(open(), range)
    }
}

/// A part of a stream as a stream.
private final class PartReader: ByteReader {
    private let reader: any ByteReader
    private var position: Int64
    private let end: Int64

    init(_ reader: any ByteReader, _ range: Range<Int64>) throws {
        self.reader = reader
        position = range.lowerBound
        end = range.upperBound
        if !(reader is any RandomAccessReader) { try skip(range.lowerBound) }
    }

    /// Reads what comes before, where nothing else leads to the part.
    private func skip(_ count: Int64) throws {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
        defer { room.deallocate() }
        var left = count
        while left > 0 {
            let piece = UnsafeMutableRawBufferPointer(rebasing: room[..<Int(min(left, Int64(room.count)))])
            let read = try reader.read(into: piece)
            guard read > 0 else { return }
            left -= Int64(read)
        }
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = Int(min(Int64(buffer.count), end - position))
        guard count > 0 else { return 0 }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<count])
        let read =
            if let random = reader as? any RandomAccessReader {
                try random.read(into: room, at: position)
            } else {
                try reader.read(into: room)
            }
        position += Int64(read)
        return read
    }
}
