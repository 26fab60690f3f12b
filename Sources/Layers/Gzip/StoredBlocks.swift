/// DEFLATE blocks that hold bytes as they are (RFC 1951, 3.2.4), for content that does not compress.
enum StoredBlocks {
    private static let limit = 65_535

    /// Writes bytes as stored blocks.
    /// - Parameter isLast: whether the stream ends with them.
    static func write(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool, _ output: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        var rest = bytes
        repeat {
            let block = UnsafeRawBufferPointer(rebasing: rest.prefix(limit))
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(block.count))
            let length = UInt16(block.count)
            let header: [UInt8] = [
                isLast && rest.isEmpty ? 1 : 0,
                UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8),
                UInt8(truncatingIfNeeded: ~length), UInt8(truncatingIfNeeded: ~length >> 8),
            ]
            try header.withUnsafeBytes { try output($0) }
            try output(block)
        } while !rest.isEmpty
    }
}
