import Content
import Diagnostics

/// Where the central directory is (APPNOTE 4.3.14 to 4.3.16), read from the end of the archive.
struct EndOfCentralDirectory {
    /// Where the directory starts in the source.
    let offset: Int64
    /// Its length in bytes.
    let size: Int
    /// The number of its entries.
    let count: Int
    /// What is to be added to the archive's own offsets.
    let base: Int64

    private static let minimumLength = 22

    init(_ source: any RandomAccessReader) throws {
        guard source.size >= Self.minimumLength else { throw Self.notAnArchive }
        // The record is followed by a comment of at most 65,535 bytes.
        let length = Int(min(source.size, Int64(Self.minimumLength + 65_535)))
        let tailOffset = source.size - Int64(length)
        let tail = try source.bytes(at: tailOffset, count: length)
        guard let position = Self.lastRecord(in: tail) else { throw Self.notAnArchive }
        var record = ZipCursor(Array(tail[(position + 4)...]))
        let disk = try record.uint16()
        let directoryDisk = try record.uint16()
        let countHere = try record.uint16()
        var count = UInt64(try record.uint16())
        var size = UInt64(try record.uint32())
        var offset = UInt64(try record.uint32())
        var directoryEnd = tailOffset + Int64(position)
        // Taken wherever it stands, as by Python: it may repeat numbers that would have fitted above.
        if let zip64 = try Self.zip64Record(source, before: directoryEnd) {
            (count, size, offset, directoryEnd) = zip64
        } else {
            guard disk == 0, directoryDisk == 0, UInt64(countHere) == count else {
                throw LayerError(.unsupportedZip, "the ZIP archive is one of several disks")
            }
        }
        // Something before the archive shifts it: the directory ends where its end record starts.
        guard size <= UInt64(directoryEnd), offset <= UInt64(directoryEnd) - size else {
            throw LayerError(.invalidZip, "the ZIP archive's directory lies outside of it")
        }
        self.offset = directoryEnd - Int64(size)
        self.size = Int(size)
        base = self.offset - Int64(offset)
        // An entry takes 46 bytes at least.
        guard count <= size / 46 else {
            throw LayerError(.invalidZip, "the ZIP archive's directory is too short for its \(count) entries")
        }
        self.count = Int(count)
    }

    private static var notAnArchive: LayerError {
        LayerError(
            .invalidZip, "the file is not a ZIP archive: it has no end record",
            hints: ["it may have been cut off while it was downloaded"])
    }

    private static func lastRecord(in tail: [UInt8]) -> Int? {
        var position = tail.count - minimumLength
        while position >= 0 {
            if tail[position] == 0x50, tail[position + 1] == 0x4B, tail[position + 2] == 5, tail[position + 3] == 6 {
                let comment = Int(tail[position + 20]) | Int(tail[position + 21]) << 8
                if position + minimumLength + comment == tail.count { return position }
            }
            position -= 1
        }
        return nil
    }

    private static func zip64Record(_ source: any RandomAccessReader, before end: Int64) throws
        -> (count: UInt64, size: UInt64, offset: UInt64, directoryEnd: Int64)?
    {
        guard end >= 76 else { return nil }
        var locator = ZipCursor(try source.bytes(at: end - 20, count: 20))
        guard try locator.uint32() == 0x0706_4B50 else { return nil }
        locator.skip(4)
        let stated = try locator.uint64()
        // Something before the archive shifts the record; it is then directly before its locator, as Python writes it.
        for position in [Int64(clamping: stated), end - 76] where position <= end - 76 {
            var record = ZipCursor(try source.bytes(at: position, count: 56))
            guard try record.uint32() == 0x0606_4B50 else { continue }
            record.skip(28)
            let count = try record.uint64()
            let size = try record.uint64()
            let offset = try record.uint64()
            return (count, size, offset, position)
        }
        return nil
    }
}
