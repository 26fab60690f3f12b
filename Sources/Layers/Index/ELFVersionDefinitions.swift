/// The symbol versions that a shared object defines (`SHT_GNU_verdef`, System V ABI with the GNU extensions).
///
/// A C library's file name need not carry its version, but its highest `GLIBC_x.y` is the newest interface that
/// a program may ask for, which is what a manylinux tag promises.
struct ELFVersionDefinitions {
    /// The names, in the file's order.
    let names: [String]
    /// What processor the file is for (`e_machine`).
    let machine: UInt16

    /// Reads a 64-bit little-endian shared object; nil for anything else.
    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 64, bytes[0..<4] == [0x7F, 0x45, 0x4C, 0x46], bytes[4] == 2, bytes[5] == 1 else {
            return nil
        }
        func number(_ offset: Int, _ width: Int) -> Int? {
            guard offset >= 0, width <= bytes.count, offset <= bytes.count - width else { return nil }
            return Int(exactly: bytes[offset..<offset + width].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
        // Offsets come from the file: one that lies outside of it is none, and sums of those that are left cannot
        // overflow.
        func offset(at position: Int, _ width: Int) -> Int? {
            number(position, width).flatMap { $0 <= bytes.count ? $0 : nil }
        }
        func text(_ offset: Int) -> String? {
            guard bytes.indices.contains(offset), let end = bytes[offset...].firstIndex(of: 0) else { return nil }
            return String(decoding: bytes[offset..<end], as: UTF8.self)
        }
        guard let table = offset(at: 40, 8), let entrySize = number(58, 2), let count = number(60, 2), entrySize >= 64
        else { return nil }
        func section(_ index: Int) -> (type: Int, offset: Int, link: Int, info: Int)? {
            let start = table + index * entrySize
            guard let type = number(start + 4, 4), let offset = offset(at: start + 24, 8),
                let link = number(start + 40, 4), let info = number(start + 44, 4)
            else { return nil }
            return (type, offset, link, info)
        }
        let definitions = (0..<count).lazy.compactMap(section).first { $0.type == 0x6FFF_FFFD }
        guard let definitions, let strings = section(definitions.link) else { return nil }
        var names: [String] = []
        var position = definitions.offset
        for _ in 0..<min(definitions.info, 4096) {
            guard let auxiliary = number(position + 12, 4), let next = number(position + 16, 4),
                let name = number(position + auxiliary, 4), let text = text(strings.offset + name)
            else { break }
            names.append(text)
            if next == 0 { break }
            position += next
        }
        self.names = names
        machine = UInt16(bytes[18]) | UInt16(bytes[19]) << 8
    }

    /// The library as a C library; nil for any other.
    var glibc: GlibcLibrary? { highestGlibc.map { GlibcLibrary(machine: machine, version: $0) } }

    /// The highest `GLIBC_x.y`.
    var highestGlibc: GlibcVersion? {
        names.compactMap { GlibcVersion(symbolVersion: $0) }.max()
    }
}
