/// `pip install …`, also as `pip3`, `pip3.11` and `python -m pip`.
struct PipInstall: InstallingCommand {
    let form: String? = "pip install"

    func takes(_ command: ShellCommand) -> Bool { Self.arguments(of: command)?.first?.text == "install" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let words = Self.arguments(of: command)?.dropFirst() ?? []
        let arguments = try CommandArguments(words, table: Self.options)
        return .installs(
            try PackageInstallation(
                arguments,
                into: arguments.has("--user") ? .user(program: command.name) : .program(command.name)))
    }

    /// What follows the program's name, if the program is pip.
    static func arguments(of command: ShellCommand) -> ArraySlice<ShellWord>? {
        let words = command.words[...]
        if isVersioned(programName(command.name), "pip") { return words.dropFirst() }
        guard isPython(command.name), words.count > 2, words[1].text == "-m", words[2].text == "pip" else {
            return nil
        }
        return words.dropFirst(3)
    }

    /// Whether a command is a Python, by its name or by a path.
    static func isPython(_ program: String) -> Bool { isVersioned(programName(program), "python") }

    /// The name of a program that may be called by its path in a `bin`.
    private static func programName(_ program: String) -> String {
        guard program.contains("/") else { return program }
        let parts = program.split(separator: "/")
        return parts.count > 1 && parts[parts.count - 2] == "bin" ? String(parts[parts.count - 1]) : ""
    }

    /// Whether a program's name is a word, perhaps with a version: `pip`, `pip3`, `pip3.11`.
    static func isVersioned(_ name: String, _ word: String) -> Bool {
        guard name.hasPrefix(word) else { return false }
        return name.dropFirst(word.count).utf8.allSatisfy {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: ".")
        }
    }

    /// pip's options (its documentation, "pip install").
    static let options: [CommandOption] =
        shared + [
            CommandOption("-i --index-url --pypi-url", takesValue: true, .index),
            CommandOption("--no-cache-dir --no-cache", .none),
            CommandOption("--disable-pip-version-check --no-input --no-color --no-python-version-warning", .none),
            CommandOption("--root-user-action --progress-bar --exists-action", takesValue: true, .none),
            CommandOption("--timeout --default-timeout --retries", takesValue: true, .none),
            CommandOption("--no-compile --compile --prefer-binary --no-warn-script-location", .none),
            CommandOption("--upgrade-strategy", takesValue: true, .none),
            CommandOption("-I --ignore-installed --force-reinstall --no-warn-conflicts --user", .none),
            CommandOption("--group", takesValue: true, .refused("reads a project's groups: uv pip install does, too")),
            CommandOption("-t --target --prefix --root", takesValue: true, .refused(elsewhere)),
            CommandOption("--trusted-host --cert --client-cert --proxy", takesValue: true, .refused(transport)),
            CommandOption("--no-build-isolation --use-pep517 --config-settings", .refused(builds)),
        ]

    /// Options that pip and uv share.
    static let shared: [CommandOption] = [
        CommandOption("-r --requirement --requirements", takesValue: true, .requirements),
        CommandOption("--extra-index-url", takesValue: true, .extraIndex),
        CommandOption("-f --find-links", takesValue: true, .findLinks),
        CommandOption("-q --quiet -v --verbose -U --upgrade --no-deps --no-dependencies", .none),
        CommandOption("-e --editable -c --constraint --constraints --no-binary", takesValue: true, .none),
        CommandOption("--pre --no-index --require-hashes", .none),
        CommandOption("--cache-dir", takesValue: true, .none),
        CommandOption("--break-system-packages", .none),
        CommandOption("--only-binary", takesValue: true, .none),
        CommandOption("--dry-run", .refused("installs nothing")),
    ]

    static let elsewhere = "installs elsewhere, and packages go where the base's Python looks"
    static let transport = "changes how servers are trusted, which is not a Dockerfile's to say"
    static let builds = "changes how projects are built, which is not followed"
}
