import Spec

/// `python -m venv PATH…`
struct MakeEnvironment: KnownCommand {
    let form: String? = "python -m venv"

    func takes(_ command: ShellCommand) -> Bool {
        PipInstall.isPython(command.name) && Array(command.texts.dropFirst().prefix(2)) == ["-m", "venv"]
    }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let arguments = try CommandArguments(command.words.dropFirst(3), table: Self.options)
        guard !arguments.operands.isEmpty else { throw CommandRefusal(reason: "it names no directory") }
        let prompt = try promptText(arguments.value("--prompt"))
        var wanted: [VirtualEnvironment] = []
        for operand in arguments.operands {
            wanted.append(
                VirtualEnvironment(
                    path: try directory(operand), maker: .venv, program: command.name,
                    seesBase: arguments.has("--system-site-packages"), prompt: prompt))
        }
        return .makesEnvironments(wanted)
    }

    /// venv's options (Python's library reference, "venv").
    static let options: [CommandOption] = [
        CommandOption("--system-site-packages --symlinks --clear --without-pip --upgrade-deps", .none),
        CommandOption("--prompt", takesValue: true, .none),
        CommandOption("--copies", .refused("copies the interpreter, and environments lead to the base's")),
        CommandOption("--upgrade", .refused("changes an environment that is there")),
    ]
}

/// `virtualenv PATH`
struct MakeOtherEnvironment: NamedCommand {
    let form: String? = "virtualenv"
    let names = ["virtualenv"]
    /// virtualenv's options (its documentation, "CLI flags").
    let options: [CommandOption] = [
        CommandOption(
            "--system-site-packages --clear --symlinks -q --quiet -v --verbose --no-download --never-download", .none),
        CommandOption("--download --no-pip --no-setuptools --no-wheel --no-periodic-update --no-vcs-ignore", .none),
        CommandOption("--pip --setuptools --wheel --prompt -p --python", takesValue: true, .none),
        CommandOption(
            "--copies --always-copy", .refused("copies the interpreter, and environments lead to the base's")),
    ]

    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome {
        guard let operand = arguments.operands.first, arguments.operands.count == 1 else {
            throw CommandRefusal(reason: "it does not name one directory")
        }
        guard !arguments.has("--no-vcs-ignore") else {
            throw CommandRefusal(reason: "--no-vcs-ignore is not followed", word: "--no-vcs-ignore")
        }
        var wanted = VirtualEnvironment(
            path: try directory(operand), maker: .virtualenv, seesBase: arguments.has("--system-site-packages"),
            prompt: try promptText(arguments.value("--prompt")))
        try choosePython(arguments.value("-p", "--python"), &wanted)
        return .makesEnvironments([wanted])
    }
}

/// `uv venv [PATH]`
struct UvVenv: KnownCommand {
    let form: String? = "uv venv"

    func takes(_ command: ShellCommand) -> Bool { Uv.arguments(of: command)?.first?.text == "venv" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let words = Uv.arguments(of: command)?.dropFirst() ?? []
        let arguments = try CommandArguments(words, table: Self.options)
        guard arguments.operands.count <= 1 else { throw CommandRefusal(reason: "it names several directories") }
        var wanted = VirtualEnvironment(
            path: try arguments.operands.first.map(directory) ?? "", maker: .uv,
            seesBase: arguments.has("--system-site-packages"), prompt: try promptText(arguments.value("--prompt")))
        try choosePython(arguments.value("-p", "--python"), &wanted)
        return .makesEnvironments([wanted])
    }

    /// uv's options (its documentation, "uv venv").
    static let options: [CommandOption] = [
        CommandOption("--system-site-packages --seed --clear -c --allow-existing --no-project --system", .none),
        CommandOption("-q --quiet -v --verbose -n --no-cache --no-config --no-progress --offline", .none),
        CommandOption("--no-python-downloads --no-managed-python --native-tls", .none),
        CommandOption(
            "--prompt -p --python --cache-dir --link-mode --color --python-preference", takesValue: true, .none),
        CommandOption(
            "-i --index-url --default-index --index --extra-index-url -f --find-links", takesValue: true, .none),
        CommandOption("--exclude-newer --index-strategy --keyring-provider", takesValue: true, .none),
        CommandOption("--relocatable", .refused("makes scripts that find their environment, which is not followed")),
        CommandOption("--managed-python", .refused("takes a Python that uv fetches, and the base's is taken")),
    ]
}

/// `. PATH/bin/activate`
struct Activate: KnownCommand {
    let form: String? = ". PATH/bin/activate"

    func takes(_ command: ShellCommand) -> Bool { command.name == "." || command.name == "source" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        guard command.words.count == 2, let word = command.words.last, word.text.hasSuffix("/bin/activate") else {
            throw CommandRefusal(reason: "it reads a script that is not known")
        }
        let path = word.text.dropLast("/bin/activate".count)
        return .activates(path.isEmpty ? "/" : String(path))
    }
}

/// uv as a command.
enum Uv {
    /// What follows the program's name, if the program is uv.
    static func arguments(of command: ShellCommand) -> ArraySlice<ShellWord>? {
        ImagePath.name(command.name) == "uv" && !command.name.hasSuffix("/") ? command.words.dropFirst() : nil
    }
}

/// What makes the interpreter be another one than the first: a version, or a program by name or path.
private func choosePython(_ text: String?, _ wanted: inout VirtualEnvironment) throws(CommandRefusal) {
    guard let text else { return }
    if text.hasPrefix("/") || PipInstall.isPython(text) {
        wanted.program = text
        let version = ImagePath.name(text).dropFirst("python".count)
        if version.contains(".") { wanted.version = String(version) }
        return
    }
    let isVersion = text.first?.isNumber ?? false && text.allSatisfy { $0.isNumber || $0 == "." }
    guard isVersion else {
        throw CommandRefusal(
            reason: "'\(SourceText.shown(text, limit: 40))' names a Python in a way that is not known", word: text,
            hints: ["name a version, such as 3.12, or a path"])
    }
    wanted.version = text
}

private func directory(_ word: ShellWord) throws(CommandRefusal) -> String {
    guard !word.hasPattern, !word.text.isEmpty, !word.text.hasPrefix("~") || word.isQuoted, !word.text.contains(":"),
        !word.text.contains(where: \.isNewline)
    else { throw CommandRefusal(reason: "'\(word.text)' is no directory for an environment", word: word.text) }
    return word.text
}

/// A prompt that means the same in `pyvenv.cfg` and in a shell.
private func promptText(_ text: String?) throws(CommandRefusal) -> String? {
    guard let text else { return nil }
    let isPlain = text.utf8.allSatisfy { (0x20..<0x7F).contains($0) && !"'\"\\`$".utf8.contains($0) }
    guard isPlain, text != "." else {
        throw CommandRefusal(reason: "the prompt '\(SourceText.shown(text, limit: 40))' is not followed", word: text)
    }
    return text
}
