/// Takes a Dockerfile apart into instructions: parser directives, comments, continuation lines and heredocs, by the rules
/// of BuildKit's parser.
struct LineReader {
    private let text: SourceText
    private(set) var directives = ParserDirectives()
    private var next = 0
    private var readsDirectives = true

    init(_ text: SourceText) { self.text = text }

    /// What is wrong with the instructions that are left out.
    private(set) var problems: [DockerfileError] = []

    /// All instructions that read as one.
    mutating func instructions() -> [LocatedInstruction] {
        var found: [LocatedInstruction] = []
        while next < text.lines.count, problems.count < DockerfileReading.limit {
            let line = text.lines[next]
            let content = line.trimmingNewline.trimmingLeadingBlanks
            do {
                if readsDirectives { readsDirectives = try readDirective(content) }
            } catch {
                problems.append(error)
            }
            if content.isEmpty || content.first == UInt8(ascii: "#") {
                next += 1
                continue
            }
            let first = next + 1
            guard let logical = readLogicalLine() else { continue }
            do {
                found.append(try instruction(logical, first: first))
            } catch {
                problems.append(error)
            }
        }
        return found
    }

    private var escape: UInt8 { directives.escape == "`" ? UInt8(ascii: "`") : UInt8(ascii: "\\") }

    // MARK: Directives

    /// Reads `# key=value`; false ends the directives for good: a comment, an unknown key, an instruction.
    private mutating func readDirective(_ content: ArraySlice<UInt8>) throws(DockerfileError) -> Bool {
        guard content.first == UInt8(ascii: "#") else { return false }
        let body = content.dropFirst().trimmingBlanks
        guard let equals = body.firstIndex(of: UInt8(ascii: "=")) else { return false }
        let key = body[..<equals].trimmingBlanks.text.lowercased()
        let value = body[(equals + 1)...].trimmingBlanks.text
        guard !value.isEmpty else { return false }
        func refuse(_ message: String, _ hints: [String] = []) -> DockerfileError {
            let byte = body.startIndex - text.lines[next].startIndex
            return text.failure(.invalidDirective, message, line: next + 1, byte: byte, hints: hints)
        }
        switch key {
        case "syntax":
            guard directives.syntax == nil else { throw refuse("the directive 'syntax' is given twice") }
            directives.syntax = value
        case "check":
            guard directives.check == nil else { throw refuse("the directive 'check' is given twice") }
            directives.check = value
        case "escape":
            guard !hasEscape else { throw refuse("the directive 'escape' is given twice") }
            guard value == "\\" || value == "`" else {
                throw refuse("'\(value)' cannot be the escape character", ["it is a backslash or a backtick"])
            }
            directives.escape = value == "`" ? "`" : "\\"
            hasEscape = true
        default: return false
        }
        return true
    }

    private var hasEscape = false

    // MARK: Continuation lines

    /// Joins a line with those that continue it; nil if nothing is left of it.
    private mutating func readLogicalLine() -> LogicalLine? {
        var logical = LogicalLine()
        var isFirst = true
        while next < text.lines.count {
            let raw = text.lines[next]
            let number = next + 1
            next += 1
            let line = raw.trimmingNewline
            let trimmed = line.trimmingLeadingBlanks
            if !isFirst {
                // A comment or an empty line between continuation lines is passed over.
                if trimmed.first == UInt8(ascii: "#") || trimmed.isEmpty { continue }
            }
            let part = isFirst ? trimmed : line
            let (content, continues) = continuation(of: part)
            logical.append(content, line: number, byte: content.startIndex - raw.startIndex)
            if !continues { break }
            isFirst = false
        }
        return logical.bytes.allSatisfy(\.isBlank) ? nil : logical
    }

    /// A line without the escape character at its end, if it has one that is not escaped itself.
    private func continuation(of line: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, Bool) {
        var end = line.endIndex
        while end > line.startIndex, line[end - 1] == 0x20 || line[end - 1] == 0x09 { end -= 1 }
        guard end > line.startIndex, line[end - 1] == escape else { return (line, false) }
        end -= 1
        if end > line.startIndex, line[end - 1] == escape { return (line, false) }
        return (line[..<end], true)
    }

    // MARK: Instructions

    private mutating func instruction(_ logical: LogicalLine, first: Int) throws(DockerfileError) -> LocatedInstruction
    {
        do {
            let split = SplitInstruction(logical.bytes, escape: escape)
            let heredocs = try readHeredocs(split.heredocs(escape: escape), first: first)
            let parser = InstructionParser(split, heredocs: heredocs, escape: escape)
            let instruction = try parser.instruction()
            return LocatedInstruction(
                instruction: instruction, keyword: split.keyword.text.uppercased(),
                lines: LineRange(first: first, last: next), source: logical)
        } catch let problem as LineProblem {
            throw logical.failure(problem, in: text)
        } catch let error as DockerfileError {
            throw error
        } catch {
            throw text.failure(.invalidSyntax, "\(error)", line: first, byte: 0)
        }
    }

    private mutating func readHeredocs(_ marks: [Heredoc], first: Int) throws(DockerfileError) -> [Heredoc] {
        var heredocs: [Heredoc] = []
        for var heredoc in marks {
            var content: [UInt8] = []
            var isClosed = false
            while next < text.lines.count, !isClosed {
                var line = text.lines[next]
                next += 1
                if heredoc.dropsTabs { line = line.drop { $0 == 0x09 } }
                isClosed = line.trimmingNewline.elementsEqual(heredoc.name.utf8)
                if !isClosed { content += line }
            }
            guard isClosed else {
                throw text.failure(
                    .invalidSyntax, "the text that ends at '\(heredoc.name)' has no end", line: first, byte: 0,
                    hints: ["a line that holds '\(heredoc.name)' alone ends it"])
            }
            heredoc.content = String(decoding: content, as: UTF8.self)
            heredocs.append(heredoc)
        }
        return heredocs
    }
}
