/// The words of an instruction's arguments with their quotes and escapes kept: those are read when the word is expanded.
struct LineWords {
    let words: [LocatedText]

    init(_ line: String, offset start: Int = 0, escape: UInt8) {
        let bytes = Array(line.utf8)
        var words: [LocatedText] = []
        var position = 0
        while position < bytes.count {
            guard !bytes[position].isBlank else {
                position += 1
                continue
            }
            let offset = position
            var word: [UInt8] = []
            var quote: UInt8?
            while position < bytes.count {
                let byte = bytes[position]
                if quote == nil, byte.isBlank { break }
                position += 1
                if byte == escape, quote != UInt8(ascii: "'") {
                    // One that ends the line is dropped; others keep what they escape.
                    guard position < bytes.count else { break }
                    word += [byte, bytes[position]]
                    position += 1
                    continue
                }
                if byte == quote {
                    quote = nil
                } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                    quote = byte
                }
                word.append(byte)
            }
            if !word.isEmpty {
                words.append(LocatedText(text: String(decoding: word, as: UTF8.self), offset: start + offset))
            }
        }
        self.words = words
    }

    /// Words that white space alone divides.
    static func plain(_ line: LocatedText) -> [LocatedText] {
        let bytes = Array(line.text.utf8)
        return bytes[...].split { $0.isBlank }.map {
            LocatedText(text: $0.text, offset: line.offset + $0.startIndex)
        }
    }
}
