import Spec

/// A command of RUN whose meaning is known: an entry of the table.
///
/// To teach Cooperage another one, write a value that conforms, and add it to `KnownCommands.all`. An entry takes what it
/// knows for certain and refuses all else; it never guesses at a flag.
protocol KnownCommand: Sendable {
    /// How the list of what is known names it; nil for what is known only to be refused.
    var form: String? { get }
    /// Whether a command is this one.
    func takes(_ command: ShellCommand) -> Bool
    /// What the command does to the image.
    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome
}

/// A program that is known by its name, and whose options are a table.
protocol NamedCommand: KnownCommand {
    /// The program's names.
    var names: [String] { get }
    /// The options that it knows.
    var options: [CommandOption] { get }
    /// What it does to the image with these arguments.
    func outcome(of arguments: CommandArguments, calledAs name: String) throws(CommandRefusal) -> CommandOutcome
}

extension NamedCommand {
    func takes(_ command: ShellCommand) -> Bool { names.contains(command.name) }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        try outcome(of: try CommandArguments(command.words.dropFirst(), table: options), calledAs: command.name)
    }
}

/// A command that reads variables, which may be set for it alone.
protocol InstallingCommand: KnownCommand {}

/// A command whose output is known, so that it can go to a file.
protocol WritingCommand: KnownCommand {}

/// What a command does to the image.
enum CommandOutcome: Equatable {
    /// Python packages are installed.
    case installs(PackageInstallation)
    /// A project's environment is made as its lock has it.
    case syncs(SyncRequest)
    /// Virtual environments are made, with pip in them or without; paths are as written, and an empty one is uv's to choose.
    case makesEnvironments([VirtualEnvironment], withPip: Bool)
    /// The commands after it in the same RUN find the programs of an environment first.
    case activates(String)
    /// Files of the image are changed; paths are as written.
    case changes([FileChange])
    /// The commands after it in the same RUN find variables.
    case exports([EnvironmentVariable])
    /// The commands after it in the same RUN start in another directory.
    case changesDirectory(String)
    /// Nothing that the image of Cooperage would show; the text says why.
    case nothing(String)
}

/// Why a command is not followed.
struct CommandRefusal: Error, Equatable {
    var reason: String
    /// The word at fault; empty for the command itself.
    var word = ""
    var hints: [String] = []
}

/// The table.
enum KnownCommands {
    /// All entries; the first that takes a command decides.
    static let all: [any KnownCommand] =
        [
            PipInstall(), UvPipInstall(), UvPipSync(), UvSync(), MakeEnvironment(), UvVenv(), MakeOtherEnvironment(),
            Activate(),
            MakeDirectory(), ChangeMode(), ChangeOwner(), RemoveFiles(), MakeLink(),
            Touch(), AddUser(), AddGroup(), AdduserCommand(), AddgroupCommand(), AddMember(), PurgeCache(),
            ChangeDirectory(), ShellOptions(), ExportVariables(),
            DoNothing(), Say(), Print(),
        ] + RefusedCommand.all

    /// What is known, for messages.
    static var forms: [String] { all.compactMap(\.form) }

    /// What a command does to the image.
    static func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let entry = all.first { $0.takes(command) }
        if let refused = entry as? RefusedCommand { return try refused.outcome(of: command) }
        if let problem = command.problem { throw CommandRefusal(reason: "it has \(problem)") }
        if !command.files.isEmpty, !(entry is any WritingCommand) {
            throw CommandRefusal(reason: "it has a redirection", word: command.files.first?.target.text ?? "")
        }
        guard let entry else {
            throw CommandRefusal(reason: command.words.isEmpty ? "it only sets variables" : "its meaning is not known")
        }
        let isInstalling = entry is any InstallingCommand
        if !isInstalling, !(entry is ExportVariables), let id = command.texts.flatMap(SecretMarker.ids).first {
            throw CommandRefusal(reason: "it would be given the secret '\(id)', which installers of packages alone are")
        }
        guard command.assignments.isEmpty || isInstalling else {
            throw CommandRefusal(
                reason: "it sets variables for one command", word: command.assignments.first ?? "",
                hints: ["set them by ENV"])
        }
        return try entry.outcome(of: command)
    }
}
