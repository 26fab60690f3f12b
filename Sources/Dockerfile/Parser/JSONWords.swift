/// A JSON array (RFC 8259), the exec form of a command line. What is no JSON to the last byte is a text for the shell, so
/// that a reader which forgives a comma too many would make another image of it.
enum JSONWords {
    /// An array of texts.
    case words([String])
    /// An array that holds something else.
    case others

    /// Reads a text that is a JSON array as a whole; nil if it is none.
    init?(_ text: String) {
        guard text.utf8.first(where: { !$0.isBlank }) == UInt8(ascii: "[") else { return nil }
        var scanner = JSONScanner(Array(text.utf8))
        guard let elements = scanner.array(), scanner.isAtEnd else { return nil }
        let words = elements.compactMap(\.self)
        self = words.count == elements.count ? .words(words) : .others
    }
}

/// Reads JSON just as far as to tell texts from all else.
private struct JSONScanner {
    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return next == nil
        }
    }

    private mutating func skipSpace() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// An array's elements: the texts, nil for what is none. Nil for what is no array.
    mutating func array() -> [String?]? {
        var elements: [String?] = []
        let isWhole = list(from: UInt8(ascii: "["), to: UInt8(ascii: "]")) { scanner in
            scanner.skipSpace()
            if scanner.next == UInt8(ascii: "\"") {
                guard let text = scanner.string() else { return false }
                elements.append(text)
                return true
            }
            elements.append(nil)
            return scanner.value()
        }
        return isWhole ? elements : nil
    }

    /// Elements between two brackets with commas between them. Nesting has an end, so that no text uses up the stack.
    private mutating func list(
        from open: UInt8, to close: UInt8, element: (inout JSONScanner) -> Bool
    ) -> Bool {
        guard take(open), depth < 64 else { return false }
        depth += 1
        defer { depth -= 1 }
        if take(close) { return true }
        repeat {
            guard element(&self) else { return false }
        } while take(UInt8(ascii: ","))
        return take(close)
    }

    private mutating func value() -> Bool {
        skipSpace()
        switch next {
        case UInt8(ascii: "\""): return string() != nil
        case UInt8(ascii: "["): return array() != nil
        case UInt8(ascii: "{"):
            return list(from: UInt8(ascii: "{"), to: UInt8(ascii: "}")) { scanner in
                scanner.skipSpace()
                return scanner.string() != nil && scanner.take(UInt8(ascii: ":")) && scanner.value()
            }
        default: return word("true") || word("false") || word("null") || number()
        }
    }

    private mutating func word(_ word: String) -> Bool {
        guard bytes[position...].starts(with: word.utf8) else { return false }
        position += word.utf8.count
        return true
    }

    private mutating func digits() -> Int {
        let start = position
        while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { position += 1 }
        return position - start
    }

    private mutating func number() -> Bool {
        if next == UInt8(ascii: "-") { position += 1 }
        let startsWithZero = next == UInt8(ascii: "0")
        let whole = digits()
        guard whole == 1 || (whole > 1 && !startsWithZero) else { return false }
        if next == UInt8(ascii: ".") {
            position += 1
            guard digits() > 0 else { return false }
        }
        if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if next == UInt8(ascii: "+") || next == UInt8(ascii: "-") { position += 1 }
            guard digits() > 0 else { return false }
        }
        return true
    }

    private mutating func string() -> String? {
        guard next == UInt8(ascii: "\"") else { return nil }
        position += 1
        var result: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
            case 0..<0x20: return nil
            case UInt8(ascii: "\\"):
                guard let escaped = next else { return nil }
                position += 1
                switch escaped {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): result.append(escaped)
                case UInt8(ascii: "b"): result.append(0x08)
                case UInt8(ascii: "f"): result.append(0x0C)
                case UInt8(ascii: "n"): result.append(0x0A)
                case UInt8(ascii: "r"): result.append(0x0D)
                case UInt8(ascii: "t"): result.append(0x09)
                case UInt8(ascii: "u"):
                    guard let scalar = scalar() else { return nil }
                    result += String(Character(scalar)).utf8
                default: return nil
                }
            default: result.append(byte)
            }
        }
        return nil
    }

    /// What follows `\u`: a code unit, or two that are one scalar; a half without its other is the replacement character.
    private mutating func scalar() -> Unicode.Scalar? {
        guard let first = codeUnit() else { return nil }
        if let scalar = Unicode.Scalar(first) { return scalar }
        let start = position
        if first < 0xDC00, word("\\u"), let second = codeUnit(), (0xDC00...0xDFFF).contains(second) {
            return Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
        }
        position = start
        return "\u{FFFD}"
    }

    private mutating func codeUnit() -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        let text = String(decoding: bytes[position..<(position + 4)], as: UTF8.self)
        guard text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }) else { return nil }
        position += 4
        return UInt32(text, radix: 16)
    }
}
