import Diagnostics

extension ZipEntry {
    /// Reads the next record of a central directory.
    init(_ cursor: inout ZipCursor) throws {
        guard try cursor.uint32() == 0x0201_4B50 else {
            throw LayerError(.invalidZip, "the ZIP archive's directory is damaged")
        }
        let madeBy = try cursor.uint16()
        cursor.skip(2)
        let flags = try cursor.uint16()
        let method = try cursor.uint16()
        cursor.skip(4)
        crc = try cursor.uint32()
        var compressedSize = UInt64(try cursor.uint32())
        var size = UInt64(try cursor.uint32())
        let nameLength = Int(try cursor.uint16())
        let extraLength = Int(try cursor.uint16())
        let commentLength = Int(try cursor.uint16())
        cursor.skip(4)
        let attributes = try cursor.uint32()
        var offset = UInt64(try cursor.uint32())
        let name = try cursor.take(nameLength)
        var extra = ZipCursor(Array(try cursor.take(extraLength)))
        _ = try cursor.take(commentLength)

        // ZIP64 sizes stand in an extra field, only those that do not fit above, in this order (APPNOTE 4.5.3).
        while extra.remaining >= 4 {
            let field = try extra.uint16()
            var value = ZipCursor(Array(try extra.take(Int(try extra.uint16()))))
            guard field == 1 else { continue }
            if size == 0xFFFF_FFFF { size = try value.uint64() }
            if compressedSize == 0xFFFF_FFFF { compressedSize = try value.uint64() }
            if offset == 0xFFFF_FFFF { offset = try value.uint64() }
        }

        let text = try Self.name(name, isUTF8: flags & 0x800 != 0)
        guard flags & 0x2041 == 0 else {
            throw LayerError(.unsupportedZip, "the entry '\(text)' is encrypted")
        }
        switch method {
        case 0: self.method = .stored
        case 8: self.method = .deflated
        default:
            throw LayerError(
                .unsupportedZip, "the entry '\(text)' is compressed by method \(method)",
                hints: ["wheels use the methods 0 (stored) and 8 (deflated)"])
        }
        guard let compressedSize = Int64(exactly: compressedSize), let size = Int64(exactly: size),
            let offset = Int64(exactly: offset), compressedSize < Int64.max / 4, offset < Int64.max / 4
        else { throw LayerError(.invalidZip, "the entry '\(text)' has an impossible size") }
        self.compressedSize = compressedSize
        self.size = size
        headerOffset = offset

        // The upper half of the attributes is a Unix mode if a Unix system (3) or macOS (19) made the entry.
        let mode = [3, 19].contains(madeBy >> 8) ? attributes >> 16 : 0
        isExecutable = mode & 0o111 != 0
        if text.hasSuffix("/") {
            kind = .directory
            path = String(text.dropLast())
        } else {
            kind = mode & 0o170000 == 0o120000 ? .symbolicLink : .file
            path = text
        }
    }

    private static func name(_ bytes: ArraySlice<UInt8>, isUTF8: Bool) throws -> String {
        if isUTF8 || bytes.allSatisfy({ $0 < 0x80 }) {
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw LayerError(.invalidZip, "the name '\(String(decoding: bytes, as: UTF8.self))' is not UTF-8")
            }
            return text
        }
        // Without the flag names are in code page 437 (APPNOTE appendix D), as Python's zipfile reads them.
        return String(
            String.UnicodeScalarView(bytes.map { $0 < 0x80 ? Unicode.Scalar($0) : codePage437[Int($0) - 128] }))
    }

    private static let codePage437 = Array(
        ("ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀"
            + "αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}").unicodeScalars)
}
