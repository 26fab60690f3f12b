import Spec

/// `mkdir -p PATH…`
struct MakeDirectory: NamedCommand {
    let form: String? = "mkdir -p"
    let names = ["mkdir"]
    let options: [CommandOption] = [
        CommandOption("-p --parents -v --verbose", .none),
        CommandOption("-m --mode", takesValue: true, .none),
    ]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        let mode = arguments.value("-m", "--mode")
        if let mode, ModeChange(mode) == nil { throw CommandRefusal(reason: "'\(mode)' is no mode", word: mode) }
        return .changes(
            try plainPaths(arguments.operands).map { path in
                .directory(NewDirectory(path: path, makesParents: arguments.has("-p", "--parents"), mode: mode))
            })
    }
}

/// `chmod [-R] MODE PATH…`
struct ChangeMode: NamedCommand {
    let form: String? = "chmod"
    let names = ["chmod"]
    let options: [CommandOption] = [
        CommandOption("-R --recursive -v --verbose -f --silent --quiet -c --changes", .none)
    ]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        guard let mode = arguments.operands.first?.text, arguments.operands.count > 1 else {
            throw CommandRefusal(reason: "it names no path")
        }
        guard ModeChange(mode) != nil else { throw CommandRefusal(reason: "'\(mode)' is no mode", word: mode) }
        let files = try namedFiles(arguments.operands.dropFirst())
        return .changes([
            .mode(ModeAssignment(files: files, mode: mode, isRecursive: arguments.has("-R", "--recursive")))
        ])
    }
}

/// `chown [-R] OWNER PATH…` and `chgrp`.
struct ChangeOwner: NamedCommand {
    let form: String? = "chown"
    let names = ["chown", "chgrp"]
    let options: [CommandOption] = [
        CommandOption(
            "-R --recursive -v --verbose -f --silent --quiet -c --changes -h --no-dereference", .none)
    ]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        guard let text = arguments.operands.first?.text, arguments.operands.count > 1 else {
            throw CommandRefusal(reason: "it names no path")
        }
        let owner = name == "chgrp" ? FileOwner(user: nil, group: text) : FileOwner(text)
        guard owner.user != nil || owner.group != nil else { throw CommandRefusal(reason: "it names nobody") }
        guard owner.group != nil || !text.hasSuffix(":") else {
            throw CommandRefusal(reason: "'\(text)' means a group that a login would have", word: text)
        }
        let files = try namedFiles(arguments.operands.dropFirst())
        return .changes([
            .owner(
                OwnerAssignment(
                    files: files, owner: owner, isRecursive: arguments.has("-R", "--recursive"),
                    changesLinks: arguments.has("-h", "--no-dereference")))
        ])
    }
}

/// `rm [-rf] PATH…`
struct RemoveFiles: NamedCommand {
    let form: String? = "rm -rf"
    let names = ["rm"]
    let options: [CommandOption] = [CommandOption("-r -R -f -v --recursive --force --verbose", .none)]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        return .changes([
            .remove(
                FileRemoval(
                    files: try namedFiles(arguments.operands[...]),
                    isRecursive: arguments.has("-r", "-R", "--recursive"), isForced: arguments.has("-f", "--force")))
        ])
    }
}

/// `ln -s TARGET PATH`
struct MakeLink: NamedCommand {
    let form: String? = "ln -s"
    let names = ["ln"]
    let options: [CommandOption] = [CommandOption("-s --symbolic -f --force -n --no-dereference -v --verbose", .none)]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        guard arguments.has("-s", "--symbolic") else { throw CommandRefusal(reason: "hard links cannot be made") }
        let paths = try plainPaths(arguments.operands)
        guard paths.count == 2 else { throw CommandRefusal(reason: "it does not name a target and a path") }
        return .changes([
            .link(
                NewLink(
                    target: paths[0], path: paths[1], replaces: arguments.has("-f", "--force"),
                    isPlaceItself: arguments.has("-n", "--no-dereference")))
        ])
    }
}

/// `touch PATH…`
struct Touch: NamedCommand {
    let form: String? = "touch"
    let names = ["touch"]
    let options: [CommandOption] = []

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        return .changes(try plainPaths(arguments.operands).map { .touch(path: $0) })
    }
}

/// `pip cache purge` and `uv cache clean`.
struct PurgeCache: KnownCommand {
    let form: String? = "pip cache purge"

    func takes(_ command: ShellCommand) -> Bool {
        let pip = PipInstall.arguments(of: command)?.map(\.text) ?? []
        let uv = Uv.arguments(of: command)?.map(\.text) ?? []
        return pip == ["cache", "purge"] || uv == ["cache", "clean"] || uv == ["cache", "prune"]
    }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        .nothing("no cache of pip or uv is in the image")
    }
}

/// Paths that are what they say: no patterns, and no home of a user but root's.
private func plainPaths(_ words: [ShellWord]) throws(CommandRefusal) -> [String] {
    try namedFiles(words[...]).map { files throws(CommandRefusal) in
        guard !files.isPattern else {
            throw CommandRefusal(
                reason: "the path '\(files.path)' is one that a shell would have to look up", word: files.path)
        }
        return files.path
    }
}

/// Paths, and patterns outside of quotes. `~` is root's home: commands run as root alone.
private func namedFiles(_ words: ArraySlice<ShellWord>) throws(CommandRefusal) -> [NamedFiles] {
    guard !words.isEmpty else { throw CommandRefusal(reason: "it names no path") }
    return try words.map { word throws(CommandRefusal) in
        guard !word.text.isEmpty else { throw CommandRefusal(reason: "the path '' is empty") }
        guard !word.isQuoted else {
            // Which part of it was quoted is not told.
            guard !word.hasPattern else {
                throw CommandRefusal(reason: "'\(word.text)' is a pattern in a word with quotes", word: word.text)
            }
            return NamedFiles(word.text)
        }
        guard word.text.hasPrefix("~") else { return NamedFiles(word.text, isPattern: word.hasPattern) }
        guard word.text == "~" || word.text.hasPrefix("~/") else {
            throw CommandRefusal(reason: "'\(word.text)' is a home that a shell would have to look up", word: word.text)
        }
        return NamedFiles("/root" + word.text.dropFirst(), isPattern: word.hasPattern)
    }
}
