import Content
import Diagnostics

extension LayerEntry {
    /// The content in memory, checked against what was said of it.
    /// - Parameter limit: in bytes; a longer content is refused.
    /// - Throws: `LayerError` (`too_large`, `corrupt_entry`).
    public func bytes(limit: Int) throws -> [UInt8] {
        let path = header.path
        guard case .file(let size) = header.kind else { return [] }
        let bytes: [UInt8]
        switch content {
        case .none: bytes = []
        case .bytes(let made): bytes = made
        case .deflated(let span):
            try check(max(size, (span.compressedSize - 1024) / 2), limit: limit)
            let stream = try span.source.bytes(at: span.offset, count: Int(span.compressedSize))
            bytes = try Inflater.inflated(stream, size: size, path: path)
        case .plain(let span), .stored(let span):
            try check(size, limit: limit)
            bytes = try span.open().bytes(at: span.offset, count: Int(size))
        }
        var crc = CRC32()
        bytes.withUnsafeBytes { crc.update($0) }
        guard bytes.count == Int(size), content.crc.map({ $0 == crc.value }) ?? true else {
            throw LayerError(.corruptEntry, "the entry '\(path)' does not match its size or CRC-32")
        }
        return bytes
    }

    private func check(_ size: Int64, limit: Int) throws(LayerError) {
        guard size <= Int64(limit) else {
            throw LayerError(
                .tooLarge, "the entry '\(header.path)' is longer than the \(limit) bytes allowed for it")
        }
    }
}
