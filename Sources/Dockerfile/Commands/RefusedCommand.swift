/// A command that is known, and known to be one that Cooperage cannot follow yet: it has a sentence of its own.
struct RefusedCommand: KnownCommand {
    var form: String? { nil }
    /// The words that a command starts with, in each of its spellings.
    let starts: [[String]]
    /// Why.
    let reason: String
    /// What to do instead.
    let hints: [String]

    func takes(_ command: ShellCommand) -> Bool {
        starts.contains { command.texts.starts(with: $0) }
    }

    func outcome(of command: ShellCommand) throws(CommandRefusal) -> CommandOutcome {
        throw CommandRefusal(reason: reason, hints: hints)
    }

    /// All of them.
    static let all: [any KnownCommand] = [
        RefusedCommand(
            starts: [["apt-get"], ["apt"], ["dpkg"], ["aptitude"]],
            reason: "packages of Debian cannot be installed yet",
            hints: ["choose a base that has them; 'cooperage base build' makes one with packages of your choice"]),
        RefusedCommand(
            starts: [["apk"], ["yum"], ["dnf"], ["microdnf"], ["zypper"]],
            reason: "packages of a distribution cannot be installed yet", hints: ["choose a base that has them"]),
        RefusedCommand(
            starts: [["passwd"], ["chpasswd"]], reason: "it would put a password into the image",
            hints: ["users need none to run what an image holds"]),
        RefusedCommand(
            starts: [["conda"], ["mamba"], ["micromamba"], ["poetry"], ["pipenv"], ["pdm"]],
            reason: "this installer's environments cannot be made",
            hints: ["export its lock to a requirements file, and install that by pip"]),
        RefusedCommand(
            starts: [["curl"], ["wget"], ["git"]],
            reason: "what it fetches is not known before it runs", hints: ["use ADD, or put the files into the context"]
        ),
    ]
}
