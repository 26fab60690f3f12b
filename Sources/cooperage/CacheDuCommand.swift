import ArgumentParser
import Build
import FoundationEssentials
import Interface
import SystemPackage

/// `cooperage cache du`.
struct CacheDuCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "du",
        abstract: "Show how much of what the cache holds.",
        usage: "cooperage cache du [--json]",
        discussion: """
            The cache lies in COOPERAGE_CACHE_DIR, else in XDG_CACHE_HOME/cooperage, else in ~/.cache/cooperage.

              cooperage cache du
            """)

    @Flag(help: "Print the amounts as JSON.")
    var json = false

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let path = BuildCache.standardPath(environment: environment)
        let usage = CacheUsage(try BuildCache(path).entries(tellsKinds: true))
        let report = CacheReport(usage, path: path.string)
        let now = Int64(Date().timeIntervalSince1970)
        try Console.writeOutput(
            json ? try report.json() + "\n" : report.text(Console.outputPalette(environment), now: now))
    }
}
