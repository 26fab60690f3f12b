import Build
import Content
import OCI
import SystemPackage
import TestSupport
import Testing

/// What goes, and in which order.
@Suite struct CacheCollectorTests {
    /// Entries by name: size and last use.
    private static func entry(_ name: String, _ size: Int64, _ lastUsed: Int64, _ kind: CacheEntry.Kind = .content)
        -> CacheEntry
    {
        CacheEntry(path: FilePath(name), kind: kind, size: size, lastUsed: lastUsed)
    }

    private static let entries = [
        entry("a", 10, 30), entry("b", 20, 10, .records), entry("c", 30, 20, .wheels), entry("d", 40, 90, .layers),
        entry("e", 5, 5, .unfinished), entry("f", 5, 80, .unfinished),
    ]

    struct Situation: CustomTestStringConvertible {
        var limit: Int64?
        var unusedSince: Int64?
        var keeps: Int64 = .max
        var abandoned: Int64 = 50
        let planned: [String]

        var testDescription: String { "\(limit.map(String.init) ?? "-") \(planned)" }
    }

    @Test(arguments: [
        Situation(planned: ["e"]),
        Situation(abandoned: 0, planned: []),
        Situation(limit: 105, planned: ["e"]),
        Situation(limit: 104, planned: ["e", "b"]),
        Situation(limit: 84, planned: ["e", "b", "c"]),
        Situation(limit: 55, planned: ["e", "b", "c"]),
        Situation(limit: 54, planned: ["e", "b", "c", "a"]),
        Situation(limit: 1, planned: ["e", "b", "c", "a", "d"]),
        Situation(limit: 1, keeps: 30, planned: ["e", "b", "c"]),
        Situation(limit: 1, keeps: 0, planned: ["e"]),
        Situation(unusedSince: 30, planned: ["e", "b", "c"]),
        Situation(unusedSince: 31, planned: ["e", "b", "c", "a"]),
        Situation(unusedSince: 31, keeps: 20, planned: ["e", "b"]),
        Situation(limit: 54, unusedSince: 15, planned: ["e", "b", "c", "a"]),
        Situation(unusedSince: .max, abandoned: .max, planned: ["e", "f", "b", "c", "a", "d"]),
    ])
    func plan(_ situation: Situation) {
        let collector = CacheCollector(
            sizeLimit: situation.limit, removesUnusedSince: situation.unusedSince, keepsUsedSince: situation.keeps,
            abandonedBefore: situation.abandoned)
        for entries in [Self.entries, Self.entries.reversed()] {
            #expect(collector.plan(entries).map(\.path.string) == situation.planned)
        }
    }

    @Test func equalTimesGoByTheirPaths() {
        let entries = ["b", "c", "a"].map { Self.entry($0, 1, 7) }
        let collector = CacheCollector(sizeLimit: 1, keepsUsedSince: .max, abandonedBefore: 0)
        #expect(collector.plan(entries).map(\.path.string) == ["a", "b"])
    }

    @Test func whatIsUsedAfterThePlanStays() throws {
        let directory = try TemporaryDirectory()
        let cache = try BuildCache(directory.path)
        let digests = try (0..<3).map { number in try cache.blobs.put([UInt8](repeating: number, count: 10)).digest }
        try age(directory.path, by: .seconds(7200))
        let entries = try cache.entries(tellsKinds: false)
        let moment = try #require(entries.map(\.lastUsed).max()) + 1_000_000_000
        let collector = CacheCollector(sizeLimit: 1, keepsUsedSince: moment, abandonedBefore: 0)
        let planned = collector.plan(entries)
        #expect(planned.count == 3)
        // One is looked up meanwhile, and one is gone already.
        #expect(try cache.blobs.contains(digests[1]))
        try FileSystem.remove(cache.blobs.path(of: digests[2]))
        let removed = try collector.remove(planned)
        #expect(removed.map(\.path) == [cache.blobs.path(of: digests[0])])
        #expect(try cache.blobs.contains(digests[1]))
        #expect(try !cache.blobs.contains(digests[0]))
    }

    @Test func aDirectoryGoesAsAWhole() throws {
        let directory = try TemporaryDirectory()
        let cache = try BuildCache(directory.path)
        try directory.write([1, 2, 3], to: "uv/simple/a")
        try directory.write([1, 2, 3, 4], to: "uv/wheels/b/c")
        try age(directory.path, by: .seconds(7200))
        let entries = try cache.entries(tellsKinds: true)
        #expect(entries.map(\.kind) == [.index])
        #expect(entries.map(\.size) == [7])
        let collector = CacheCollector(sizeLimit: 1, keepsUsedSince: .max, abandonedBefore: entries[0].lastUsed)
        // A resolution that begins now has uv at work.
        try directory.write([], to: "resolve-abcdef/requirements.txt")
        #expect(try collector.remove(collector.plan(entries)) == [])
        #expect(try directory.files(below: "uv") == ["simple/a", "wheels/b/c"])
        try FileSystem.removeTree(directory.path.appending("resolve-abcdef"))
        #expect(try collector.remove(collector.plan(entries)) == entries)
        #expect(try FileSystem.names(in: directory.path) == ["blobs", "ingest", "records"])
    }

    @Test func aRunningResolutionKeepsTheIndexInUse() throws {
        let directory = try TemporaryDirectory()
        let cache = try BuildCache(directory.path)
        try directory.write([1], to: "uv/a")
        try age(directory.path, by: .seconds(7200))
        let before = try #require(try cache.entries(tellsKinds: false).first { $0.kind == .index })
        try directory.write([], to: "resolve-abcdef/x")
        let after = try #require(try cache.entries(tellsKinds: false).first { $0.kind == .index })
        #expect(after.lastUsed - before.lastUsed > 7000 * 1_000_000_000)
    }
}
