import ArgumentParser

/// `cooperage builds`.
struct BuildsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "builds",
        abstract: "List the builds of a server, look at one, cancel or repeat it.",
        subcommands: [
            BuildsListCommand.self, BuildsShowCommand.self, BuildsLogsCommand.self, BuildsCancelCommand.self,
            BuildsRetryCommand.self,
        ])
}
