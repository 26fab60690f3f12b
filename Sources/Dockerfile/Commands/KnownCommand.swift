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

/// What a command does to the image.
enum CommandOutcome: Equatable {
    /// Python packages are installed.
    case installs(PackageInstallation)
    /// Directories are there afterwards; the paths are as written.
    case makesDirectories([String])
    /// The commands after it in the same RUN start in another directory.
    case changesDirectory(String)
    /// Nothing that the image of Cooperage would show; the text says why.
    case nothing(String)
    /// The same as long as the paths hold what Cooperage put there. Where `needsRoot` is set, the image's user has to be
    /// root as well.
    case nothingBelow([String], String, needsRoot: Bool)
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
            PipInstall(), UvPipInstall(), MakeDirectory(), ChangeMode(), ChangeOwner(), RemoveCaches(), PurgeCache(),
            ChangeDirectory(), ShellOptions(), DoNothing(), Say(),
        ] + RefusedCommand.all

    /// What is known, for messages.
    static var forms: [String] { all.compactMap(\.form) }

    /// What a command does to the image.
    static func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        let entry = all.first { $0.takes(command) }
        if let refused = entry as? RefusedCommand { return try refused.outcome(of: command) }
        if let problem = command.problem { throw CommandRefusal(reason: "it has \(problem)") }
        guard let entry else {
            throw CommandRefusal(reason: command.words.isEmpty ? "it only sets variables" : "its meaning is not known")
        }
        guard command.assignments.isEmpty else {
            throw CommandRefusal(
                reason: "it sets variables for one command", word: command.assignments.first ?? "",
                hints: ["set them by ENV"])
        }
        return try entry.outcome(of: command)
    }
}
