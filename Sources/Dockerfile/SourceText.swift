import Diagnostics

/// Lines of a Dockerfile, from 1.
public struct LineRange: Sendable, Hashable, Codable, CustomStringConvertible {
    /// The first line.
    public var first: Int
    /// The last line, which may be the first.
    public var last: Int

    /// Takes both ends.
    public init(first: Int, last: Int) {
        self.first = first
        self.last = last
    }

    /// `line 3` or `lines 3-5`.
    public var description: String { first == last ? "line \(first)" : "lines \(first)-\(last)" }
}

/// A Dockerfile's text by its physical lines.
struct SourceText: Sendable, Hashable {
    /// How messages name the file.
    let name: String
    /// The lines with what ends them, but for a byte order mark at the start.
    let lines: [ArraySlice<UInt8>]

    init(_ text: String, name: String) {
        self.name = name
        var bytes = Array(text.utf8)[...]
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
        var lines: [ArraySlice<UInt8>] = []
        while !bytes.isEmpty {
            let end = bytes.firstIndex(of: .newline).map { $0 + 1 } ?? bytes.endIndex
            lines.append(bytes[..<end])
            bytes = bytes[end...]
        }
        self.lines = lines
    }

    /// An error at a place: line and column count from 1, columns in characters.
    func failure(
        _ code: DockerfileErrorCode, _ message: String, line: Int, byte: Int, hints: [String] = []
    ) -> DockerfileError {
        let content = lines.indices.contains(line - 1) ? lines[line - 1].trimmingNewline : []
        var context = [FailureContext("file", "\(name):\(line):\(column(line: line, byte: byte))")]
        let shown = Self.shown(String(decoding: content.trimmingBlanks, as: UTF8.self))
        if !shown.isEmpty { context.append(FailureContext("line", shown)) }
        return DockerfileError(code, Self.shown(message, limit: 600), context: context, hints: hints)
    }

    /// The column of a byte in a line, from 1, in characters.
    func column(line: Int, byte: Int) -> Int {
        guard lines.indices.contains(line - 1) else { return 1 }
        return lines[line - 1].trimmingNewline.prefix(byte).count { $0 & 0xC0 != 0x80 } + 1
    }

    /// A text of the file as it may be shown: secrets are taken out, those of URLs too, and it is not endless.
    static func shown(_ text: String, limit: Int = 160) -> String {
        let masked = SecretText(SecretMarker.shown(text)).masked
        let line = holdsURL(masked) ? redactingURLs(in: masked) : masked
        guard line.utf8.count > limit, line.count > limit else { return line }
        return line.prefix(limit - 1) + "…"
    }

    private static func holdsURL(_ text: String) -> Bool {
        var read: [UInt8] = []
        for byte in text.utf8 {
            if byte == UInt8(ascii: ":") {
                read = [byte]
            } else if byte == UInt8(ascii: "/"), !read.isEmpty {
                read.append(byte)
                if read.count == 3 { return true }
            } else if !read.isEmpty {
                read = []
            }
        }
        return false
    }

    private static func redactingURLs(in text: String) -> String {
        var words: [Substring] = []
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            guard let scheme = word.firstRange(of: "://") else {
                words.append(word)
                continue
            }
            // `--index-url=https://…`, `"https://…`: the URL starts at its scheme.
            let start = word[..<scheme.lowerBound].lastIndex {
                !($0.isASCII && ($0.isLetter || $0.isNumber || "+.-".contains($0)))
            }
            let url = start.map { word[word.index(after: $0)...] } ?? word
            words.append(word[..<url.startIndex] + redacted(url: String(url)))
        }
        return words.joined(separator: " ")
    }
}

/// An instruction's text with its continuation lines joined, and where each part of it stands in the file.
struct LogicalLine: Sendable, Hashable {
    private struct Piece: Sendable, Hashable {
        /// The offset in the logical line at which it starts.
        let start: Int
        /// The physical line, from 1, and the byte in it.
        let line: Int
        let byte: Int
    }

    private(set) var bytes: [UInt8] = []
    private var pieces: [Piece] = []

    mutating func append(_ part: ArraySlice<UInt8>, line: Int, byte: Int) {
        pieces.append(Piece(start: bytes.count, line: line, byte: byte))
        bytes += part
    }

    /// The line and the byte in it of an offset.
    func place(of offset: Int) -> (line: Int, byte: Int) {
        let piece = pieces.last { $0.start <= offset } ?? pieces.first
        guard let piece else { return (1, 0) }
        return (piece.line, piece.byte + max(0, offset - piece.start))
    }

    /// Where a word of the instruction stands first; its start where it is not there as it is.
    func offset(of word: String) -> Int {
        let word = Array(word.utf8)
        let start = bytes.firstIndex { !$0.isBlank } ?? 0
        guard !word.isEmpty, bytes.count >= word.count else { return start }
        return (0...(bytes.count - word.count)).first { bytes[$0...].starts(with: word) } ?? start
    }

    /// Where a word stands, rather as a whole than as a part of another one.
    func offset(ofWord word: String, isLast: Bool) -> Int {
        let letters = Array(word.utf8)
        guard !letters.isEmpty, bytes.count >= letters.count else { return offset(of: word) }
        func ends(_ place: Int) -> Bool {
            guard bytes.indices.contains(place) else { return true }
            return bytes[place].isBlank || "\"'=,;[]&|".utf8.contains(bytes[place])
        }
        let places = (0...(bytes.count - letters.count)).filter { place in
            bytes[place...].starts(with: letters) && ends(place - 1) && ends(place + letters.count)
        }
        return (isLast ? places.last : places.first) ?? offset(of: word)
    }

    func failure(_ problem: LineProblem, in text: SourceText) -> DockerfileError {
        let place = place(of: problem.offset)
        return text.failure(problem.code, problem.message, line: place.line, byte: place.byte, hints: problem.hints)
    }
}

extension UInt8 {
    static var newline: UInt8 { UInt8(ascii: "\n") }

    /// White space as the parser's patterns have it.
    var isBlank: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}

extension ArraySlice<UInt8> {
    var trimmingNewline: ArraySlice<UInt8> {
        var result = self
        while let last = result.last, last == .newline || last == 0x0D { result.removeLast() }
        return result
    }

    var trimmingLeadingBlanks: ArraySlice<UInt8> { drop { $0.isBlank } }

    var trimmingBlanks: ArraySlice<UInt8> {
        var result = trimmingLeadingBlanks
        while let last = result.last, last.isBlank { result.removeLast() }
        return result
    }

    var text: String { String(decoding: self, as: UTF8.self) }
}
