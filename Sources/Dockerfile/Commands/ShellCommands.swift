import Spec

/// `cd PATH`
struct ChangeDirectory: KnownCommand {
    let form: String? = "cd"

    func takes(_ command: ShellCommand) -> Bool { command.name == "cd" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        guard command.words.count == 2, let word = command.words.last, !word.hasPattern, !word.text.isEmpty,
            !word.text.hasPrefix("-"), !word.text.hasPrefix("~")
        else { throw CommandRefusal(reason: "it does not name one directory") }
        return .changesDirectory(word.text)
    }
}

/// `set -e` and what else says how a shell deals with errors.
struct ShellOptions: KnownCommand {
    let form: String? = "set -e"

    func takes(_ command: ShellCommand) -> Bool { command.name == "set" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        var rest = command.texts.dropFirst()
        while let word = rest.popFirst() {
            let letters = word.dropFirst()
            guard word.hasPrefix("-") || word.hasPrefix("+"), !letters.isEmpty,
                letters.allSatisfy({ "euxo".contains($0) })
            else { throw CommandRefusal(reason: "its option '\(word)' is not known", word: word) }
            guard letters.contains("o") else { continue }
            guard rest.popFirst() == "pipefail" else {
                throw CommandRefusal(reason: "pipefail is the one option known by name", word: word)
            }
        }
        return .nothing("an error always ends the build")
    }
}

/// `export NAME=value`
struct ExportVariables: KnownCommand {
    let form: String? = "export NAME=value"

    func takes(_ command: ShellCommand) -> Bool { command.name == "export" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        var variables: [EnvironmentVariable] = []
        for word in command.texts.dropFirst() {
            guard !word.hasPrefix("-") else {
                throw CommandRefusal(reason: "its option '\(word)' is not known", word: word)
            }
            guard let variable = ShellCommand.assignment(word) else {
                throw CommandRefusal(reason: "'\(word)' is given no value", word: word)
            }
            variables.append(variable)
        }
        return .exports(variables)
    }
}

/// `true` and `:`
struct DoNothing: WritingCommand {
    let form: String? = "true"

    func takes(_ command: ShellCommand) -> Bool { command.name == "true" || command.name == ":" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        command.files.isEmpty ? .nothing("it does nothing") : .changes(try command.writes(""))
    }
}

/// `echo …` to the build's output, or into a file.
struct Say: WritingCommand {
    let form: String? = "echo"

    func takes(_ command: ShellCommand) -> Bool { command.name == "echo" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        guard !command.files.isEmpty else { return .nothing("what it says is not kept") }
        var words = command.texts.dropFirst()
        let endsLine = words.first != "-n"
        if !endsLine { words = words.dropFirst() }
        for word in words {
            // Shells disagree about these.
            guard !word.contains("\\"), !(word == words.first && word.hasPrefix("-")) else {
                throw CommandRefusal(
                    reason: "what echo makes of '\(SourceText.shown(word, limit: 40))', shells disagree about",
                    word: word, hints: ["use printf '%s\\n' instead"])
            }
        }
        return .changes(try command.writes(words.joined(separator: " ") + (endsLine ? "\n" : "")))
    }
}

/// `printf FORMAT …` to the build's output, or into a file.
struct Print: WritingCommand {
    let form: String? = "printf"

    func takes(_ command: ShellCommand) -> Bool { command.name == "printf" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        guard !command.files.isEmpty else { return .nothing("what it says is not kept") }
        guard let format = command.texts.dropFirst().first, !format.hasPrefix("-") else {
            throw CommandRefusal(reason: "it has no format")
        }
        var values = command.texts.dropFirst(2)
        var text = ""
        // The format is used again until no value is left.
        repeat {
            let before = values.count
            var rest = Substring(format)
            while let character = rest.popFirst() {
                switch character {
                case "\\":
                    guard let escaped = rest.popFirst(), let meant = Self.escapes[escaped] else {
                        throw CommandRefusal(reason: "an escape of its format is not known", word: format)
                    }
                    text += meant
                case "%":
                    switch rest.popFirst() {
                    case "%": text += "%"
                    case "s": text += values.popFirst() ?? ""
                    default: throw CommandRefusal(reason: "its format has more than %s", word: format)
                    }
                default: text.append(character)
                }
            }
            if values.count == before { break }
        } while !values.isEmpty
        return .changes(try command.writes(text))
    }

    private static let escapes: [Character: String] = ["n": "\n", "t": "\t", "\\": "\\", "\"": "\"", "'": "'"]
}

extension ShellCommand {
    /// The change that puts a text where the output goes.
    fileprivate func writes(_ text: String) throws(CommandRefusal) -> [FileChange] {
        guard let file = files.first, files.count == 1 else {
            throw CommandRefusal(reason: "its output goes to several files")
        }
        guard !file.target.hasPattern, !file.target.text.isEmpty,
            !file.target.text.hasPrefix("~") || file.target.isQuoted
        else {
            throw CommandRefusal(
                reason: "the path '\(file.target.text)' is one that a shell would have to look up",
                word: file.target.text)
        }
        return [.write(FileText(path: file.target.text, text: text, appends: file.appends))]
    }
}
