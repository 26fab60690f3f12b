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

/// What a later build finds in the cache, and what it does when the cache is damaged.
@Suite struct CacheTests {
    private func build(_ site: BuildSite, _ adjust: (inout BuildEngine.Configuration) -> Void = { _ in }) async throws
        -> (images: ImageSet, log: EventLog)
    {
        let log = EventLog()
        let result = try await site.engine(events: log, adjust).build(site.spec(), tags: [], outputs: [])
        try await result.images.expectSound()
        return (result.images, log)
    }

    @Test func theSecondBuildMakesNothing() async throws {
        let site = try await BuildSite()
        let first = try await build(site)
        #expect(first.log.layers(.cached) == [])
        #expect(first.log.downloads.count == 4)
        let second = try await build(site)
        #expect(second.images.root == first.images.root)
        #expect(second.log.layers(.made) == [])
        #expect(second.log.layers(.cached) == first.log.layers(.made))
        #expect(second.log.downloads == [])
    }

    @Test func oneChangedWheelChangesOneLayer() async throws {
        let site = try await BuildSite()
        _ = try await build(site)
        try WheelFixture("beta", "1.1").write(to: site.links)
        let log = EventLog()
        var spec = site.spec()
        var step = site.pythonStep
        step.upgrade = true
        spec.stages[0].steps[0] = .python(step)
        let result = try await site.engine(events: log).build(spec, tags: [], outputs: [])
        try await result.images.expectSound()
        #expect(log.layers(.made).count == 1)
        #expect(log.layers(.made).first?.contains("beta 1.1") == true)
        #expect(log.downloads == ["beta-1.1-py3-none-any.whl"])
    }

    @Test func changedCodeChangesOneLayer() async throws {
        let site = try await BuildSite()
        _ = try await build(site)
        try site.directory.write(Array("NUMBER = 2\n".utf8), to: "context/pipeline/steps.py")
        let second = try await build(site)
        #expect(second.log.layers(.made) == ["code: 3 files in /app"])
    }

    enum Damage: String, CaseIterable {
        case deleted, shortened, lengthened

        func inflict(on path: FilePath) throws {
            let bytes = try FileSystem.read(path)
            try FileSystem.remove(path)
            switch self {
            case .deleted: break
            case .shortened: try FileSystem.write(bytes.dropLast(), to: path)
            case .lengthened: try FileSystem.write(bytes + [0], to: path)
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func aDamagedBlobIsMadeAgain(_ damage: Damage) async throws {
        let site = try await BuildSite()
        let first = try await build(site)
        let cache = try BuildCache(site.root.appending("cache"))
        let manifest = try #require(first.images.images.first).manifest
        // The base is a layout, whose layers stay where they are.
        for blob in manifest.layers.dropFirst(2) + [manifest.config, first.images.root] {
            try damage.inflict(on: cache.blobs.path(of: blob.digest))
            let again = try await build(site)
            #expect(again.images.root == first.images.root)
            try site.expectWhole()
        }
    }

    @Test(arguments: Damage.allCases)
    func aDamagedWheelIsFetchedAgain(_ damage: Damage) async throws {
        let site = try await BuildSite()
        let index = PackageIndex(wheels: try BuildSite.wheels())
        try await PackageServer.run(index) { url in
            let spec = try site.spec(index: url, requirements: "alpha\ngamma\nhuge\n")
            let first = try await site.engine().build(spec, tags: [], outputs: [])
            let cache = try BuildCache(site.root.appending("cache"))
            let records = site.root.appending("cache/records/layers")
            for wheel in index.wheels {
                try damage.inflict(on: cache.blobs.path(of: wheel.digest))
                try FileSystem.removeTree(records)
                let again = try await site.engine { $0.usesCache = false }.build(spec, tags: [], outputs: [])
                #expect(again.images.root == first.images.root)
            }
            try site.expectWhole()
        }
    }

    @Test(arguments: ["", "{}", "not json", "[1,2", "null"])
    func recordsThatCannotBeReadCountAsNone(_ garbage: String) async throws {
        let site = try await BuildSite()
        let first = try await build(site)
        let records = site.root.appending("cache").appending("records")
        let names = try site.directory.files(below: "cache/records")
        #expect(names.count > 4)
        for name in names { try FileSystem.write(garbage.utf8, to: records.pushing(FilePath(name))) }
        let second = try await build(site)
        #expect(second.images.root == first.images.root)
        #expect(second.log.layers(.cached) == [])
        let third = try await build(site)
        #expect(third.log.layers(.made) == [])
    }

    @Test func withoutTheCacheAllIsMadeAgainAndComesOutTheSame() async throws {
        let site = try await BuildSite()
        let first = try await build(site)
        let second = try await build(site) { $0.usesCache = false }
        #expect(second.images.root == first.images.root)
        #expect(second.log.layers(.cached) == [])
        #expect(second.log.layers(.made) == first.log.layers(.made))
    }

    @Test func severalEnginesShareACache() async throws {
        let site = try await BuildSite()
        let roots = try await withThrowingTaskGroup(of: Descriptor.self) { group in
            for _ in 0..<4 {
                group.addTask { try await site.engine().build(site.spec(), tags: [], outputs: []).images.root }
            }
            return try await group.reduce(into: [Descriptor]()) { $0.append($1) }
        }
        #expect(Set(roots).count == 1)
        try site.expectWhole()
        try await build(site).images.expectSound()
    }
}
