import Content
import Diagnostics
import Foundation
import Images
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// What a cache holds after real builds, and what builds do when some of it was collected.
@Suite struct CacheUsageTests {
    /// A site whose cache was filled by a build with packages of an index on a base of a layout.
    private func built(_ body: (BuildSite, BuildCache, () async throws -> Descriptor) async throws -> Void) async throws
    {
        let site = try await BuildSite()
        try await PackageServer.run(PackageIndex(wheels: try BuildSite.wheels())) { url in
            var spec = try site.spec(index: url, requirements: "alpha\ngamma\nhuge\n")
            spec.stages[0].steps.append(.files(site.filesStep))
            let asked = spec
            func build() async throws -> Descriptor {
                let images = try await site.engine().build(asked, tags: [], outputs: []).images
                try await images.expectSound()
                return images.root
            }
            _ = try await build()
            try await body(site, try BuildCache(site.root.appending("cache")), build)
        }
    }

    @Test func kinds() async throws {
        try await built { site, cache, _ in
            let entries = try cache.entries(tellsKinds: true)
            let usage = CacheUsage(entries)
            #expect(usage.kinds[.wheels]?.count == 4)
            #expect(usage.kinds[.wheels]?.bytes == (try BuildSite.wheels().reduce(0) { $0 + Int64($1.bytes.count) }))
            // One of the large wheel, one or two of the small ones, and the code.
            let layers = try #require(usage.kinds[.layers]?.count)
            #expect((3...4).contains(layers))
            #expect((1...3).contains(usage.kinds[.runs]?.count ?? 0))
            #expect(usage.kinds[.resolutions]?.count == 1)
            #expect(usage.kinds[.images]?.count == 2)
            #expect(usage.kinds[.content] == nil && usage.kinds[.unfinished] == nil)
            #expect(usage.kinds[.index]?.count == 1)
            // Every file of the cache is counted once.
            let files = try site.directory.files(below: "cache").filter { !$0.hasPrefix("uv/") }
            #expect(usage.total.count == files.count + 1)
            let plain = CacheUsage(try cache.entries(tellsKinds: false))
            #expect(plain.total == usage.total)
            #expect(plain.kinds[.content]?.count == entries.count { $0.path.string.contains("/blobs/") })
        }
    }

    @Test func nothingCountsAsUsedByBeingListed() async throws {
        try await built { site, cache, build in
            try age(cache.root, by: .seconds(200_000))
            let before = try cache.entries(tellsKinds: true)
            #expect(try cache.entries(tellsKinds: true) == before)
            let limit = Int64(Date().timeIntervalSince1970 - 190_000) * 1_000_000_000
            #expect(before.allSatisfy { $0.lastUsed < limit })
            // A build that finds its layers uses them, and leaves alone what these were made of.
            _ = try await build()
            let used = Set(try cache.entries(tellsKinds: true).filter { $0.lastUsed >= limit }.map(\.kind))
            #expect(used.isSuperset(of: [.layers, .records, .resolutions]))
            #expect(!used.contains(.runs))
        }
    }

    @Test func everythingMayGo() async throws {
        try await built { site, cache, build in
            let root = try await build()
            let collector = CacheCollector(removesUnusedSince: .max, keepsUsedSince: .max, abandonedBefore: .max)
            let entries = try cache.entries(tellsKinds: false)
            let removed = try collector.remove(collector.plan(entries))
            #expect(Set(removed) == Set(entries))
            #expect(try site.directory.files(below: "cache") == [])
            #expect(try await build() == root)
            try site.expectWhole()
        }
    }

    /// Records that lead to what is gone count for nothing, whatever is gone.
    @Test(arguments: 0..<6)
    func anyPartMayGo(_ seed: Int) async throws {
        try await built { site, cache, build in
            let root = try await build()
            var generator = Seeded(seed)
            for _ in 0..<3 {
                let entries = try cache.entries(tellsKinds: false).filter { _ in Bool.random(using: &generator) }
                let collector = CacheCollector(
                    removesUnusedSince: .max, keepsUsedSince: .max, abandonedBefore: .max)
                _ = try collector.remove(collector.plan(entries))
                #expect(try await build() == root)
                try site.expectWhole()
            }
        }
    }

    @Test func whatWasLeftHalfDoneGoesAfterADay() throws {
        let directory = try TemporaryDirectory()
        let cache = try BuildCache(directory.path)
        let left = [
            "ingest/partial-1", "records/layers/partial-2", "base-abc/root/etc/passwd", "resolve-abc/requirements.txt",
        ]
        for name in left { try directory.write([1], to: name) }
        let entries = try cache.entries(tellsKinds: true)
        #expect(entries.map(\.kind) == Array(repeating: .unfinished, count: 4))
        let now = Int64(Date().timeIntervalSince1970) * 1_000_000_000
        let collector = CacheCollector(
            sizeLimit: 1, removesUnusedSince: .max, keepsUsedSince: .max, abandonedBefore: now - 86_400 * 1_000_000_000)
        #expect(collector.plan(entries) == [])
        for name in ["ingest", "records", "base-abc", "resolve-abc"] {
            try age(directory.path.appending(name), by: .seconds(90_000))
        }
        let removed = try collector.remove(collector.plan(cache.entries(tellsKinds: true)))
        #expect(removed.count == 4)
        #expect(try directory.files() == [])
    }
}
