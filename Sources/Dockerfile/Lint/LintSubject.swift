import Diagnostics

/// A Dockerfile as rules see it.
struct LintSubject: Sendable {
    let document: DockerfileDocument
    /// How it is built.
    let lowering: DockerfileLowering
    /// What does not read as an instruction.
    let problems: [DockerfileError]
    /// What cannot be followed.
    let refusals: [LoweringRefusal]
    /// What each `FROM` names with its variables put in; nil where they cannot be.
    let images: [String?]
    /// Whether the ignore file leaves a path of the context out.
    let isIgnored: @Sendable (_ path: String) -> Bool

    /// An observation at a word of an instruction.
    /// - Parameter isLast: whether the last such word is meant.
    func found(
        _ message: String, in located: LocatedInstruction, at word: String = "", isLast: Bool = false,
        hints: [String] = [], severity: LintSeverity? = nil
    ) -> LintObservation {
        let place = located.source.place(of: located.source.offset(ofWord: word, isLast: isLast))
        return LintObservation(
            line: place.line, column: document.text.column(line: place.line, byte: place.byte), message: message,
            hints: hints, severity: severity)
    }

    /// An observation out of an error, which tells its place.
    /// - Parameter lines: where it is if the error is one of another text.
    func found(_ error: DockerfileError, lines: LineRange? = nil) -> LintObservation {
        var place = (line: lines?.first ?? 1, column: 1)
        let start = document.name + ":"
        if let text = error.context.first(where: { $0.label == "file" })?.value, text.hasPrefix(start) {
            let numbers = text.dropFirst(start.count).split(separator: ":").compactMap { Int($0) }
            if numbers.count == 2 { place = (numbers[0], numbers[1]) }
        }
        return LintObservation(line: place.line, column: place.column, message: error.message, hints: error.hints)
    }

    /// The stage that a stage starts from; nil where it starts from an image.
    func parent(of stage: DockerfileStage) -> DockerfileStage? {
        guard let image = images[stage.index]?.lowercased() else { return nil }
        return document.stages.last { $0.index < stage.index && $0.name == image }
    }

    /// All that an instruction names of the context as files, its variables left as they are.
    func copies() -> [(located: LocatedInstruction, copy: CopyInstruction)] {
        document.instructions.compactMap { located in
            switch located.instruction {
            case .copy(let copy), .add(let copy): (located, copy)
            default: nil
            }
        }
    }

    /// The commands of the `RUN`s. What a variable holds is not known here: each is a `0`.
    func commands() -> [(located: LocatedInstruction, command: ShellCommand)] {
        document.instructions.flatMap { located -> [(located: LocatedInstruction, command: ShellCommand)] in
            guard case .run(let run) = located.instruction else { return [] }
            let commands: [ShellCommand] =
                switch run.form {
                case .exec(let words): [ShellCommand(words: words)]
                case .shell(let text): ShellScript(run.heredocs.first?.content ?? text) { _ in "0" }.commands
                }
            return commands.map { (located, $0) }
        }
    }
}
