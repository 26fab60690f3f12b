/// A Dockerfile read as far as it goes: what reads as an instruction, and what does not.
struct DockerfileReading: Sendable {
    /// The instructions that are well formed. It has no stage where none starts.
    let document: DockerfileDocument
    /// What is wrong with the others, and with their order.
    let problems: [DockerfileError]

    /// The reading ends here: a file with so many errors is no Dockerfile.
    static let limit = 100

    init(_ content: String, name: String = "Dockerfile") {
        let text = SourceText(content, name: name)
        var reader = LineReader(text)
        let instructions = reader.instructions()
        document = DockerfileDocument(text: text, directives: reader.directives, instructions: instructions)
        problems = reader.problems + Self.problems(of: document, isWhole: reader.problems.isEmpty)
    }

    /// What is wrong with the order of the instructions.
    private static func problems(of document: DockerfileDocument, isWhole: Bool) -> [DockerfileError] {
        var problems: [DockerfileError] = []
        if let first = document.stages.first {
            for located in document.instructions.prefix(while: { $0 != first.location }) {
                if case .argument = located.instruction { continue }
                problems.append(misplaced(located, document))
            }
        } else {
            let misplaced = document.instructions.first { if case .argument = $0.instruction { false } else { true } }
            if let misplaced {
                problems.append(Self.misplaced(misplaced, document))
            } else if isWhole {
                let name = document.name
                problems.append(
                    document.text.failure(
                        .invalidSyntax,
                        document.instructions.isEmpty ? "'\(name)' holds no instruction" : "'\(name)' has no FROM",
                        line: max(1, document.text.lines.count), byte: 0,
                        hints: ["a Dockerfile starts with FROM and an image's name"]))
            }
        }
        var names: Set<String> = []
        for stage in document.stages {
            guard let name = stage.name, !names.insert(name).inserted else { continue }
            problems.append(
                document.failure(
                    .duplicateStage, "two stages are named '\(name)'", in: stage.location,
                    at: stage.writtenName ?? name))
        }
        return Array(problems.prefix(limit))
    }

    private static func misplaced(_ located: LocatedInstruction, _ document: DockerfileDocument) -> DockerfileError {
        document.failure(
            .invalidSyntax, "\(located.keyword) comes before the first FROM", in: located,
            hints: ["only ARG may stand before it"])
    }
}
