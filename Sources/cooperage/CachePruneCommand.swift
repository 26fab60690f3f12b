import ArgumentParser
import Build
import FoundationEssentials
import Interface
import SystemPackage

/// `cooperage cache prune`.
struct CachePruneCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune",
        abstract: "Remove from the cache what was not used for longest.",
        usage: "cooperage cache prune --max-size <size> | --older-than <time> | --all [--dry-run]",
        discussion: """
            What is removed is made or fetched again when a build needs it. What was used within the last ten minutes \
            stays, since a build may be at it, but for --all.

              cooperage cache prune --max-size 10GB
              cooperage cache prune --older-than 7d --dry-run
            """)

    @Option(help: "Leave at most so much: 10GB, 512MiB.")
    var maxSize: String?

    @Option(help: "Remove what was not used for so long: 24h, 7d.")
    var olderThan: String?

    @Flag(help: "Remove everything. No build may be running.")
    var all = false

    @Flag(help: "Show what would be removed, and remove nothing.")
    var dryRun = false

    /// What was used within this time stays.
    private static let grace = Duration.seconds(600)
    /// What is unfinished for so long was abandoned.
    private static let abandonment = Duration.seconds(86_400)

    func validate() throws {
        guard maxSize != nil || olderThan != nil || all else {
            throw ValidationError("say what is to go: --max-size, --older-than or --all.")
        }
        if let maxSize, parsed(bytes: maxSize) == nil {
            throw ValidationError("'--max-size \(maxSize)' is not a size such as 10GB or 512MiB.")
        }
        if let olderThan, parsed(duration: olderThan) == nil {
            throw ValidationError("'--older-than \(olderThan)' is not a time such as 24h or 7d.")
        }
    }

    func run() throws {
        let environment = ProcessInfo.processInfo.environment
        let cache = try BuildCache(BuildCache.standardPath(environment: environment))
        let now = Int64(Date().timeIntervalSince1970)
        func moment(_ age: Duration) -> Int64 { (now - age.components.seconds) * 1_000_000_000 }
        var collector = CacheCollector(
            sizeLimit: maxSize.flatMap { parsed(bytes: $0) },
            removesUnusedSince: olderThan.flatMap { parsed(duration: $0) }.map(moment),
            keepsUsedSince: moment(Self.grace), abandonedBefore: moment(Self.abandonment))
        if all {
            collector.removesUnusedSince = .max
            collector.keepsUsedSince = .max
            collector.abandonedBefore = .max
        }
        let entries = try cache.entries(tellsKinds: true)
        let planned = collector.plan(entries)
        let removed = dryRun ? planned : try collector.remove(planned)
        let usage = CacheUsage(removed)
        let report = CacheReport(usage, path: cache.root.string)
        try Console.writeOutput(
            report.prunedText(
                Console.outputPalette(environment), now: now, isDry: dryRun,
                left: CacheUsage(entries).total.bytes - usage.total.bytes))
    }
}
