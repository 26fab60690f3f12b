/// A Dockerfile, read as BuildKit reads it: directives, the arguments before the first stage, and the stages. Nothing is
/// expanded and nothing looked up; `DockerfileLowering` does that.
public struct DockerfileDocument: Sendable, Hashable {
    /// How messages name the file.
    public var name: String { text.name }
    /// What the comments at the top say to the parser.
    public let directives: ParserDirectives
    /// All instructions in order.
    public let instructions: [LocatedInstruction]
    /// The `ARG`s before the first `FROM`.
    public let globalArguments: [LocatedInstruction]
    /// The stages in order.
    public let stages: [DockerfileStage]
    let text: SourceText

    /// Reads a Dockerfile.
    /// - Parameters:
    ///   - content: the text; it need not end in a newline.
    ///   - name: how messages name the file.
    /// - Throws: `DockerfileError` with line and column, showing the line.
    public init(_ content: String, name: String = "Dockerfile") throws(DockerfileError) {
        text = SourceText(content, name: name)
        var reader = LineReader(text)
        instructions = try reader.instructions()
        directives = reader.directives
        var arguments: [LocatedInstruction] = []
        var stages: [DockerfileStage] = []
        for located in instructions {
            switch located.instruction {
            case .from(let from):
                if let name = from.name, stages.contains(where: { $0.name == name }) {
                    throw Self.failure(located, "two stages are named '\(name)'", at: name, in: text)
                }
                stages.append(DockerfileStage(index: stages.count, from: from, location: located, instructions: []))
            case .argument where stages.isEmpty: arguments.append(located)
            default:
                guard !stages.isEmpty else {
                    throw Self.failure(
                        located, "\(located.keyword) comes before the first FROM", at: "", in: text,
                        hints: ["only ARG may stand before it"])
                }
                stages[stages.count - 1].instructions.append(located)
            }
        }
        guard !stages.isEmpty else {
            throw text.failure(
                .invalidSyntax, instructions.isEmpty ? "'\(name)' holds no instruction" : "'\(name)' has no FROM",
                line: max(1, text.lines.count), byte: 0, hints: ["a Dockerfile starts with FROM and an image's name"])
        }
        globalArguments = arguments
        self.stages = stages
    }

    private static func failure(
        _ located: LocatedInstruction, _ message: String, at word: String, in text: SourceText, hints: [String] = []
    ) -> DockerfileError {
        let offset = located.source.offset(of: word)
        return located.source.failure(LineProblem(message: message, hints: hints, offset: offset), in: text)
    }

    /// An error at a word of an instruction.
    func failure(
        _ code: DockerfileErrorCode, _ message: String, in located: LocatedInstruction, at word: String = "",
        hints: [String] = []
    ) -> DockerfileError {
        let offset = located.source.offset(of: word)
        return located.source.failure(LineProblem(code: code, message: message, hints: hints, offset: offset), in: text)
    }
}

extension DockerfileDocument {
    /// The earlier stage that a name or a number means, as `COPY --from` looks for it; nil where it means an image.
    func stage(named name: String, before index: Int) -> DockerfileStage? {
        if let number = Int(name) { return (0..<index).contains(number) ? stages[number] : nil }
        return stages[..<index].last { $0.name == name.lowercased() }
    }
}

/// A `FROM` and what follows it.
public struct DockerfileStage: Sendable, Hashable {
    /// Its number, from 0.
    public let index: Int
    /// What it starts from.
    public let from: FromInstruction
    /// The `FROM` itself.
    public let location: LocatedInstruction
    /// What follows.
    public internal(set) var instructions: [LocatedInstruction]

    /// Its name in lower case, if it has one.
    public var name: String? { from.name }
}

/// What the comments at the top of a Dockerfile say to its parser.
public struct ParserDirectives: Sendable, Hashable {
    /// The frontend that the author had in mind. Cooperage reads the file itself.
    public internal(set) var syntax: String?
    /// What continues a line and escapes a character: a backslash or a backtick.
    public internal(set) var escape: Character = "\\"
    /// Which build checks are skipped.
    public internal(set) var check: String?
}
