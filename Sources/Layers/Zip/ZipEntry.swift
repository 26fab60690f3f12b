/// One entry of a ZIP archive's central directory (APPNOTE 4.3.12).
public struct ZipEntry: Sendable, Hashable {
    /// How an entry's bytes are kept.
    public enum Method: Sendable, Hashable {
        /// As they are (0).
        case stored
        /// As a raw DEFLATE stream (8).
        case deflated
    }

    /// What an entry is, by its Unix mode or its name.
    public enum Kind: Sendable, Hashable {
        case file
        case directory
        case symbolicLink
    }

    /// The path as the archive has it, without a trailing slash.
    public let path: String
    /// What the entry is.
    public let kind: Kind
    /// How its bytes are kept.
    public let method: Method
    /// The CRC-32 of its content.
    public let crc: UInt32
    /// The length of its kept bytes.
    public let compressedSize: Int64
    /// The length of its content.
    public let size: Int64
    /// Whether any of the Unix mode's execute bits is set.
    public let isExecutable: Bool
    /// Where its local header starts.
    let headerOffset: Int64
}
