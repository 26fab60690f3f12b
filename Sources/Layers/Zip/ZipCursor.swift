import Diagnostics

/// Reads little-endian numbers out of bytes, failing rather than reading on beyond their end.
struct ZipCursor {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var remaining: Int { bytes.count - position }

    mutating func skip(_ count: Int) { position += count }

    mutating func uint16() throws -> UInt16 { UInt16(truncatingIfNeeded: try number(2)) }

    mutating func uint32() throws -> UInt32 { UInt32(truncatingIfNeeded: try number(4)) }

    mutating func uint64() throws -> UInt64 { try number(8) }

    mutating func take(_ count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, position >= 0, count <= bytes.count - position else {
            throw LayerError(.invalidZip, "the ZIP archive's directory ends within an entry")
        }
        defer { position += count }
        return bytes[position..<position + count]
    }

    private mutating func number(_ width: Int) throws -> UInt64 {
        try take(width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
