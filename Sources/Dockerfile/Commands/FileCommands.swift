/// `mkdir -p PATH…`
struct MakeDirectory: KnownCommand {
    let form: String? = "mkdir -p"

    func takes(_ command: ShellCommand) -> Bool { command.name == "mkdir" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let arguments = try CommandArguments(
            command.words.dropFirst(),
            table: [
                CommandOption("-p --parents -v --verbose", .none),
                CommandOption("-m --mode", takesValue: true, .refused("sets a mode, and directories have 0755")),
            ])
        return .makesDirectories(try plainPaths(arguments.operands, of: command))
    }
}

/// `chmod` where it gives what the files have already.
struct ChangeMode: KnownCommand {
    let form: String? = "chmod -R a+rw"

    func takes(_ command: ShellCommand) -> Bool { command.name == "chmod" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let arguments = try CommandArguments(
            command.words.dropFirst(),
            table: [CommandOption("-R --recursive -v --verbose -f --silent --quiet -c", .none)])
        guard let mode = arguments.operands.first?.text, arguments.operands.count > 1 else {
            throw CommandRefusal(reason: "it names no path")
        }
        let permissions = mode.drop { "ugoa".contains($0) }
        guard permissions.first == "+", permissions.count > 1,
            permissions.dropFirst().allSatisfy({ "rwX".contains($0) })
        else {
            throw CommandRefusal(
                reason: "the mode '\(mode)' is not among those that files have anyway",
                word: mode, hints: ["files keep their executable bit from the context"])
        }
        let paths = try plainPaths(Array(arguments.operands.dropFirst()), of: command)
        let writes = permissions.contains("w") && mode.first != "u"
        return .nothingBelow(
            paths,
            writes ? "everybody may read these files, and root may write them" : "everybody may read these files",
            needsRoot: writes)
    }
}

/// `chown` to root, whose the files are.
struct ChangeOwner: KnownCommand {
    let form: String? = "chown -R root"

    func takes(_ command: ShellCommand) -> Bool { command.name == "chown" || command.name == "chgrp" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let arguments = try CommandArguments(
            command.words.dropFirst(),
            table: [
                CommandOption("-R --recursive -v --verbose -f --silent --quiet -c -h", .none)
            ])
        guard let owner = arguments.operands.first?.text, arguments.operands.count > 1 else {
            throw CommandRefusal(reason: "it names no path")
        }
        let parts = owner.split(separator: ":", omittingEmptySubsequences: true)
        guard !parts.isEmpty, parts.allSatisfy({ $0 == "root" || $0 == "0" }) else {
            throw CommandRefusal(
                reason:
                    "files belong to root in the images that Cooperage makes, and cannot be given to '\(owner)' yet",
                word: owner)
        }
        let paths = try plainPaths(Array(arguments.operands.dropFirst()), of: command)
        return .nothingBelow(paths, "these files belong to root", needsRoot: false)
    }
}

/// `rm -rf` of what pip and uv keep for themselves.
struct RemoveCaches: KnownCommand {
    let form: String? = "rm -rf ~/.cache/pip"

    private static let caches: Set<String> = [
        "/root/.cache", "/root/.cache/pip", "/root/.cache/uv", "~/.cache", "~/.cache/pip", "~/.cache/uv",
        "/root/.cache/*", "~/.cache/*", "/root/.cache/pip/*", "~/.cache/pip/*",
    ]

    func takes(_ command: ShellCommand) -> Bool { command.name == "rm" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let arguments = try CommandArguments(
            command.words.dropFirst(),
            table: [CommandOption("-r -R -f -v --recursive --force --verbose", .none)])
        guard !arguments.operands.isEmpty else { throw CommandRefusal(reason: "it names no path") }
        for operand in arguments.operands {
            var path = operand.text
            while path.count > 1, path.hasSuffix("/") { path.removeLast() }
            guard Self.caches.contains(path) else {
                throw CommandRefusal(reason: "files of the image cannot be removed yet", word: operand.text)
            }
        }
        return .nothing("no cache of pip or uv is in the image")
    }
}

/// `pip cache purge` and `uv cache clean`.
struct PurgeCache: KnownCommand {
    let form: String? = "pip cache purge"

    func takes(_ command: ShellCommand) -> Bool {
        let pip = PipInstall.arguments(of: command)?.map(\.text) ?? []
        let uv = command.texts
        return pip == ["cache", "purge"] || uv == ["uv", "cache", "clean"] || uv == ["uv", "cache", "prune"]
    }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        .nothing("no cache of pip or uv is in the image")
    }
}

/// Paths that are what they say: no patterns, and no home of a user.
private func plainPaths(_ words: [ShellWord], of command: ShellCommand) throws(CommandRefusal) -> [String] {
    guard !words.isEmpty else { throw CommandRefusal(reason: "it names no path") }
    for word in words where word.hasPattern || (word.text.hasPrefix("~") && !word.isQuoted) || word.text.isEmpty {
        throw CommandRefusal(
            reason: "the path '\(word.text)' is one that a shell would have to look up", word: word.text)
    }
    return words.map(\.text)
}
