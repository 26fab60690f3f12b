/// The frame of a gzip member (RFC 1952). A gzip file is a concatenation of members, which is what lets a wheel's
/// own DEFLATE streams become parts of a layer.
enum GzipMember {
    /// Magic, method 8, no flags, no time, no extra flags, unknown system: the same ten bytes on every machine.
    static let header: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255]

    /// The length of the CRC-32 and the size that end a member.
    static let trailerLength = 8

    /// The end of a member.
    /// - Parameters:
    ///   - crc: the CRC-32 of the content.
    ///   - size: the content's length; the format keeps it modulo 2³².
    static func trailer(crc: UInt32, size: Int64) -> [UInt8] {
        let size = UInt32(truncatingIfNeeded: size)
        return [crc, size].flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) } }
    }
}
