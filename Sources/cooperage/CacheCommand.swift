import ArgumentParser

/// `cooperage cache`.
struct CacheCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache",
        abstract: "Show what the cache holds, or make room.",
        subcommands: [CacheDuCommand.self, CachePruneCommand.self])
}
