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

/// `true` and `:`
struct DoNothing: KnownCommand {
    let form: String? = "true"

    func takes(_ command: ShellCommand) -> Bool { command.name == "true" || command.name == ":" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome { .nothing("it does nothing") }
}

/// `echo …` to the build's output.
struct Say: KnownCommand {
    let form: String? = "echo"

    func takes(_ command: ShellCommand) -> Bool { command.name == "echo" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        .nothing("what it says is not kept")
    }
}
