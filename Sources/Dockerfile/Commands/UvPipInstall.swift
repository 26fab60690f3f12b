import Spec

/// `uv pip install …`.
struct UvPipInstall: InstallingCommand {
    let form: String? = "uv pip install"

    func takes(_ command: ShellCommand) -> Bool {
        Uv.arguments(of: command)?.prefix(2).map(\.text) == ["pip", "install"]
    }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let arguments = try CommandArguments(command.words.dropFirst(3), table: Self.options)
        return .installs(try PackageInstallation(arguments, into: try Self.target(of: arguments)))
    }

    /// Which environment the arguments mean.
    static func target(of arguments: CommandArguments) throws(CommandRefusal) -> InstallTarget {
        guard let python = arguments.value("-p", "--python") else {
            return .uv(isSystem: arguments.has("--system"))
        }
        guard python.contains("/") else {
            throw CommandRefusal(
                reason: "--python \(SourceText.shown(python, limit: 40)) names another Python than the base's first",
                word: python, hints: ["name an environment by its path"])
        }
        return .python(python)
    }

    /// uv's options (its documentation, "uv pip install").
    static let options: [CommandOption] =
        PipInstall.shared + [
            CommandOption("-i --index-url --default-index", takesValue: true, .index),
            CommandOption("--index", takesValue: true, .extraIndex),
            CommandOption("-n --no-cache --no-cache-dir --system --reinstall --no-progress --all-extras", .none),
            CommandOption("--compile-bytecode --no-compile-bytecode --compile --no-compile", .none),
            CommandOption("--link-mode --color", takesValue: true, .none),
            CommandOption("--no-config --no-python-downloads --strict --refresh --no-verify-hashes", .none),
            CommandOption("-p --python", takesValue: true, .none),
            CommandOption("--target --prefix", takesValue: true, .refused(PipInstall.elsewhere)),
            CommandOption("--index-strategy --prerelease --resolution --extra --group", takesValue: true, .none),
            CommandOption("-P --upgrade-package", takesValue: true, .none),
            CommandOption("--keyring-provider", takesValue: true, .refused("is not known here yet")),
            CommandOption("--allow-insecure-host", takesValue: true, .refused(PipInstall.transport)),
            CommandOption("--no-build-isolation --native-tls", .refused("is not known here yet")),
            CommandOption(
                "--torch-backend --overrides --excludes", takesValue: true,
                .refused("changes the resolution in a way that cannot be asked for yet")),
        ]
}

/// `uv pip sync FILE…`: what the files name, and nothing else.
struct UvPipSync: InstallingCommand {
    let form: String? = "uv pip sync"

    func takes(_ command: ShellCommand) -> Bool {
        Uv.arguments(of: command)?.prefix(2).map(\.text) == ["pip", "sync"]
    }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let arguments = try CommandArguments(command.words.dropFirst(3), table: UvPipInstall.options)
        var installation = try PackageInstallation(
            arguments, into: try UvPipInstall.target(of: arguments), operandsAreFiles: true)
        installation.options.leavesOutDependencies = true
        installation.options.isExact = true
        return .installs(installation)
    }
}
