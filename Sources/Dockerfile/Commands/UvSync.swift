import Spec

/// A project's environment as `uv sync` is asked for it.
struct SyncRequest: Equatable {
    /// The directory that the project is looked for in, as it is written; nil means where the command runs.
    var directory: String?
    /// What of the project is wanted.
    var selection = PackageSelection(sync: ProjectSync())
    /// Whether the lock is taken as it is.
    var isFrozen = false
    /// Whether the lock has to fit, which is what is done without either word, too.
    var isLocked = false
    /// Whether what is there already stays.
    var isInexact = false
    /// Whether the environment of `VIRTUAL_ENV` is meant.
    var isActive = false
    /// Whether bytecode was asked for.
    var compilesBytecode = false
    /// The version of Python that was asked for.
    var version: String?
    /// Where packages come from.
    var indexes = PackageIndexes()
}

/// `uv sync`
struct UvSync: InstallingCommand {
    let form: String? = "uv sync"

    func takes(_ command: ShellCommand) -> Bool { Uv.arguments(of: command)?.first?.text == "sync" }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let words = Uv.arguments(of: command)?.dropFirst() ?? []
        let arguments = try CommandArguments(words, table: Self.options)
        guard arguments.operands.isEmpty else {
            throw CommandRefusal(reason: "it takes no operand", word: arguments.operands[0].text)
        }
        var request = SyncRequest(directory: arguments.value("--project", "--directory"))
        request.isFrozen = arguments.has("--frozen")
        request.isLocked = arguments.has("--locked")
        guard !request.isFrozen || !request.isLocked else {
            throw CommandRefusal(reason: "--frozen and --locked exclude each other", word: "--locked")
        }
        request.isInexact = arguments.has("--inexact")
        request.isActive = arguments.has("--active")
        request.compilesBytecode = arguments.has("--compile-bytecode")
        request.version = try arguments.value("-p", "--python").map(Self.version)
        for option in arguments.options {
            switch option.effect {
            case .index: request.indexes.indexURL = option.value
            case .extraIndex: request.indexes.extraIndexURLs.append(option.value)
            case .findLinks: request.indexes.findLinks.append(option.value)
            case .none, .requirements, .refused: break
            }
        }
        request.selection = Self.selection(arguments)
        return .syncs(request)
    }

    private static func selection(_ arguments: CommandArguments) -> PackageSelection {
        var sync = ProjectSync()
        sync.takesDefaultGroups = !arguments.has("--no-default-groups")
        sync.takesAllGroups = arguments.has("--all-groups")
        sync.excludedGroups = (arguments.has("--no-dev") ? ["dev"] : []) + arguments.values("--no-group")
        sync.onlyGroups = (arguments.has("--only-dev") ? ["dev"] : []) + arguments.values("--only-group")
        sync.excludedExtras = arguments.values("--no-extra")
        sync.copiesCode = arguments.has("--no-editable")
        if arguments.has("--no-install-local") {
            sync.omission = .local
        } else if arguments.has("--no-install-workspace") {
            sync.omission = .workspace
        } else if arguments.has("--no-install-project") {
            sync.omission = .project
        }
        return PackageSelection(
            groups: arguments.values("--group"), extras: arguments.values("--extra"),
            allExtras: arguments.has("--all-extras"), sync: sync)
    }

    /// A version of Python in one of uv's spellings.
    static func version(_ text: String) throws(CommandRefusal) -> String {
        let version = text.hasPrefix("python") ? text.dropFirst("python".count) : Substring(text)
        guard version.first?.isNumber ?? false, version.allSatisfy({ $0.isNumber || $0 == "." }) else {
            throw CommandRefusal(
                reason: "'\(SourceText.shown(text, limit: 40))' names a Python in a way that is not known", word: text,
                hints: ["name a version, such as 3.12"])
        }
        return String(version)
    }

    /// What it reads of uv's variables, beside those of `InstallerVariables.choosing`.
    static let variables: Set<String> = [
        "UV_FROZEN", "UV_LOCKED", "UV_NO_DEV", "UV_NO_EDITABLE", "UV_NO_DEFAULT_GROUPS", "UV_PYTHON",
        "UV_PROJECT_ENVIRONMENT", "UV_NO_INSTALL_PROJECT", "UV_NO_INSTALL_WORKSPACE", "UV_NO_INSTALL_LOCAL",
    ]

    /// uv's options (its documentation, "uv sync").
    static let options: [CommandOption] = [
        CommandOption("--frozen --locked --inexact --exact --active --compile-bytecode --no-compile-bytecode", .none),
        CommandOption("--no-dev --only-dev --all-groups --no-default-groups --all-extras --no-editable", .none),
        CommandOption("--no-install-project --no-install-workspace --no-install-local --dev", .none),
        CommandOption("--group --no-group --only-group --extra --no-extra", takesValue: true, .none),
        CommandOption("--project --directory -p --python", takesValue: true, .none),
        CommandOption("-q --quiet -v --verbose -n --no-cache --no-progress --no-config --reinstall --refresh", .none),
        CommandOption(
            "--no-python-downloads --no-managed-python --native-tls --system-certs --offline --no-build", .none),
        CommandOption("--link-mode --color --cache-dir --python-preference", takesValue: true, .none),
        CommandOption("-i --index-url --default-index", takesValue: true, .index),
        CommandOption("--index --extra-index-url", takesValue: true, .extraIndex),
        CommandOption("-f --find-links", takesValue: true, .findLinks),
        CommandOption("-U --upgrade", .refused("locks the project anew, and its uv.lock decides")),
        CommandOption(
            "-P --upgrade-package", takesValue: true, .refused("locks the project anew, and its uv.lock decides")),
        CommandOption(
            "--package", takesValue: true, .refused("installs one member of a workspace, which is not followed")),
        CommandOption("--all-packages", .refused("installs all members of a workspace, which is not followed")),
        CommandOption(
            "--no-install-package", takesValue: true, .refused("leaves out a package, which is not followed")),
        CommandOption("--script", takesValue: true, .refused("reads a script's requirements, which is not followed")),
        CommandOption("--dry-run --check", .refused("installs nothing")),
        CommandOption("--allow-insecure-host", takesValue: true, .refused(PipInstall.transport)),
    ]
}
