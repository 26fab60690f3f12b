/// A part of an instruction's text and where it starts in it.
struct LocatedText: Sendable, Hashable {
    var text: String
    var offset: Int
}

/// An instruction's text in its three parts: the name, the flags (`--name=value`) and the rest.
struct SplitInstruction {
    let keyword: LocatedText
    private(set) var flags: [LocatedText] = []
    private(set) var rest = LocatedText(text: "", offset: 0)

    init(_ bytes: [UInt8], from start: Int = 0, escape: UInt8) {
        let line = bytes[start...].trimmingBlanks
        let name = line.prefix { !$0.isBlank }
        keyword = LocatedText(text: name.text, offset: line.startIndex)
        var position = name.endIndex
        while true {
            position = line[position...].firstIndex { !$0.isBlank } ?? line.endIndex
            guard line[position...].starts(with: "--".utf8) else { break }
            let offset = position
            var word: [UInt8] = []
            var quote: UInt8?
            while position < line.endIndex {
                let byte = line[position]
                position += 1
                if byte == quote {
                    quote = nil
                } else if quote == nil, byte.isBlank {
                    break
                } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                    quote = byte
                } else if byte == UInt8(ascii: "\\") {
                    // Flags know the backslash alone, whatever the escape character is.
                    guard position < line.endIndex else { break }
                    word.append(line[position])
                    position += 1
                } else {
                    word.append(byte)
                }
            }
            if word.elementsEqual("--".utf8) { break }
            flags.append(LocatedText(text: String(decoding: word, as: UTF8.self), offset: offset))
        }
        let remaining = line[position...].trimmingBlanks
        rest = LocatedText(text: remaining.text, offset: min(remaining.startIndex, line.endIndex))
    }

    /// The heredocs that a line announces, their content still empty.
    func heredocs(escape: UInt8) -> [Heredoc] {
        var line = rest.text
        var name = keyword.text.uppercased()
        if name == "ONBUILD" {
            let inner = SplitInstruction(Array(line.utf8), escape: escape)
            name = inner.keyword.text.uppercased()
            line = inner.rest.text
        }
        guard ["RUN", "COPY", "ADD"].contains(name), line.contains("<<"), JSONWords(line) == nil else { return [] }
        return LineWords(line, escape: escape).words.compactMap { Heredoc(mark: $0.text) }
    }
}

extension Heredoc {
    /// Reads `[n]<<[-]NAME`, NAME perhaps quoted; nil for all else, such as `<<<`.
    init?(mark: String) {
        let bytes = Array(mark.utf8)
        let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        var rest = bytes[digits.endIndex...]
        guard rest.starts(with: "<<".utf8) else { return nil }
        rest = rest.dropFirst(2)
        let dropsTabs = rest.first == UInt8(ascii: "-")
        if dropsTabs { rest = rest.dropFirst() }
        guard !rest.isEmpty, !rest.contains(UInt8(ascii: "<")) else { return nil }
        var name: [UInt8] = []
        var quote: UInt8?
        var position = rest.startIndex
        while position < rest.endIndex {
            let byte = rest[position]
            position += 1
            if byte == quote {
                quote = nil
            } else if quote == nil, byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if quote == nil, byte == UInt8(ascii: "\\"), position < rest.endIndex {
                name.append(rest[position])
                position += 1
            } else {
                name.append(byte)
            }
        }
        guard quote == nil, !name.isEmpty else { return nil }
        self.name = String(decoding: name, as: UTF8.self)
        content = ""
        expands = name.elementsEqual(rest)
        descriptor = Int(digits.text) ?? 0
        self.dropsTabs = dropsTabs
    }
}
