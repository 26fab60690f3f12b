import ArgumentParser

/// `cooperage base`.
struct BaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "base",
        abstract: "List the catalog of base images, or make one.",
        subcommands: [BaseListCommand.self, BaseBuildCommand.self])
}
