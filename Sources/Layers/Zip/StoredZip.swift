/// A ZIP archive of a few small files, none of them compressed (APPNOTE 4.3): its bytes follow from the files alone.
public struct StoredZip: Sendable {
    private var bytes: [UInt8] = []
    private var directory: [UInt8] = []
    private var count = 0

    /// An empty archive.
    public init() {}

    /// Adds a file; the archive has to stay below 4 GiB and 65,535 files.
    public mutating func add(_ path: String, _ content: [UInt8]) {
        var crc = CRC32()
        content.withUnsafeBytes { crc.update($0) }
        let name = Array(path.utf8)
        let offset = bytes.count
        // Names are UTF-8; the time is the start of what ZIP can say, 1980-01-01.
        let shared =
            Self.number(20, 2) + Self.number(0x0800, 2) + Self.number(0, 2) + Self.number(0, 2)
            + Self.number(0x0021, 2) + Self.number(Int(crc.value), 4) + Self.number(content.count, 4)
            + Self.number(content.count, 4) + Self.number(name.count, 2) + Self.number(0, 2)
        bytes += Self.number(0x0403_4B50, 4) + shared + name + content
        directory += Self.number(0x0201_4B50, 4) + Self.number(0x0314, 2) + shared
        // Neither comment nor disk; a plain file that everybody reads.
        directory += Self.number(0, 2) + Self.number(0, 2) + Self.number(0, 2)
        directory += Self.number(0o100644 << 16, 4) + Self.number(offset, 4) + name
        count += 1
    }

    /// The whole archive.
    public var archive: [UInt8] {
        bytes + directory + Self.number(0x0605_4B50, 4) + Self.number(0, 2) + Self.number(0, 2)
            + Self.number(count, 2) + Self.number(count, 2) + Self.number(directory.count, 4)
            + Self.number(bytes.count, 4) + Self.number(0, 2)
    }

    private static func number(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}
