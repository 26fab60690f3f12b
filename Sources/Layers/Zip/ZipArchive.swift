public import Content
import Diagnostics

/// A ZIP archive's central directory, and from there each entry's raw bytes.
///
/// Ours because the raw DEFLATE streams are the point: libraries hand out contents. It reads ZIP64, stored entries and
/// entries with data descriptors (their sizes stand in the central directory, too), and refuses the rest: other methods,
/// encryption, several disks.
public struct ZipArchive: Sendable {
    /// The entries in the order of the central directory.
    public let entries: [ZipEntry]
    private let source: any RandomAccessReader
    /// Where the archive's first byte is; beyond 0 where something stands before it, as in self-extracting archives.
    private let base: Int64

    /// Reads the directory.
    /// - Throws: `LayerError` (`invalid_zip`, `unsupported_zip`, `too_large`).
    public init(_ source: any RandomAccessReader, limits: ZipLimits = ZipLimits()) throws {
        self.source = source
        let end = try EndOfCentralDirectory(source)
        base = end.base
        guard end.count <= limits.entries else {
            throw LayerError(
                .tooLarge, "the ZIP archive has \(end.count) entries, more than the \(limits.entries) allowed")
        }
        guard end.size <= limits.directorySize else {
            throw LayerError(
                .tooLarge,
                "the ZIP archive's directory has \(end.size) bytes, more than the \(limits.directorySize) allowed")
        }
        // The size was checked against the archive's, so that it cannot make us allocate more than the file holds.
        let directory = try source.bytes(at: end.offset, count: end.size)
        var entries: [ZipEntry] = []
        entries.reserveCapacity(end.count)
        var cursor = ZipCursor(directory)
        var total: Int64 = 0
        for _ in 0..<end.count {
            let entry = try ZipEntry(&cursor)
            let (sum, overflows) = total.addingReportingOverflow(entry.size)
            let allowed = min(limits.uncompressedSize, max(limits.freeSize, source.size * limits.ratio))
            guard !overflows, sum <= allowed else {
                throw LayerError(
                    .tooLarge, "the ZIP archive of \(source.size) bytes claims to hold more than \(allowed) bytes",
                    hints: ["archives that inflate so far are made to fill disks"])
            }
            total = sum
            entries.append(entry)
        }
        self.entries = entries
        try checkOverlaps(directoryOffset: end.offset)
    }

    /// Refuses entries that share bytes, the way in which small archives come to claim much (and Python's zipfile does).
    private func checkOverlaps(directoryOffset: Int64) throws {
        var end = directoryOffset - base
        for entry in entries.sorted(by: { $0.headerOffset > $1.headerOffset }) {
            // A local header takes 30 bytes at least.
            guard entry.headerOffset + 30 + entry.compressedSize <= end else {
                throw LayerError(
                    .invalidZip, "the entry '\(entry.path)' runs into what follows it in the ZIP archive",
                    hints: ["the archive is damaged or made to do harm; get it from another source"])
            }
            end = entry.headerOffset
        }
    }

    /// Where an entry's kept bytes start.
    /// - Throws: `LayerError` when its local header is damaged or the bytes leave the archive.
    public func dataOffset(of entry: ZipEntry) throws -> Int64 {
        let start = base + entry.headerOffset
        guard start >= 0, start + 30 <= source.size else {
            throw LayerError(.invalidZip, "the entry '\(entry.path)' starts behind the end of the ZIP archive")
        }
        var header = ZipCursor(try source.bytes(at: start, count: 30))
        guard try header.uint32() == 0x0403_4B50 else {
            throw LayerError(.invalidZip, "the entry '\(entry.path)' has no local header")
        }
        header.skip(22)
        let offset = start + 30 + Int64(try header.uint16()) + Int64(try header.uint16())
        guard offset + entry.compressedSize <= source.size else {
            throw LayerError(.invalidZip, "the entry '\(entry.path)' ends behind the end of the ZIP archive")
        }
        return offset
    }

    /// An entry's content as it goes into a layer.
    public func content(of entry: ZipEntry) throws -> LayerContent {
        let offset = try dataOffset(of: entry)
        let source = self.source
        switch entry.method {
        case .deflated:
            return .deflated(
                DeflatedSpan(source: source, offset: offset, compressedSize: entry.compressedSize, crc: entry.crc))
        case .stored:
            guard entry.compressedSize == entry.size else {
                throw LayerError(.corruptEntry, "the stored entry '\(entry.path)' has two sizes")
            }
            return .plain(PlainSpan(offset: offset, crc: entry.crc) { source })
        }
    }

    /// An entry's content in memory.
    /// - Parameter limit: in bytes; a longer content is refused.
    public func bytes(of entry: ZipEntry, limit: Int) throws -> [UInt8] {
        guard entry.size <= Int64(limit), entry.compressedSize <= Int64(limit) * 2 + 1024 else {
            throw LayerError(.tooLarge, "the entry '\(entry.path)' is longer than the \(limit) bytes allowed for it")
        }
        let kept = try source.bytes(at: dataOffset(of: entry), count: Int(entry.compressedSize))
        let content =
            entry.method == .stored ? kept : try Inflater.inflated(kept, size: entry.size, path: entry.path)
        var crc = CRC32()
        content.withUnsafeBytes { crc.update($0) }
        guard content.count == Int(entry.size), crc.value == entry.crc else {
            throw LayerError(.corruptEntry, "the entry '\(entry.path)' does not match its size or CRC-32")
        }
        return content
    }
}
