import Build
import Content
import Diagnostics
import Foundation
import OCI
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import Service

/// What goes, what stays, and who looks after it.
@Suite struct HousekeeperTests {
    private static let day = Duration.seconds(86_400)

    @Test func buildsGoAfterTheirRetention() async throws {
        let site = try await ServiceSite()
        let old = try await site.ended()
        let waiting = try await site.wait()
        await site.store.advance(by: Self.day * 20)
        let recent = try await site.ended()
        await site.store.advance(by: Self.day * 11)
        let result = try await Housekeeper(site.service).round()
        #expect(result == HousekeepingResult(builds: 1))
        #expect(try await site.store.build(old.id) == nil)
        #expect(!FileSystem.exists(site.files(of: old.id).directory))
        #expect(try await site.store.build(recent.id) == recent)
        #expect(try site.files(of: recent.id).file(.plan) != nil)
        #expect(try await site.store.build(waiting.id) != nil)
        #expect(try await Housekeeper(site.service).round() == HousekeepingResult())
    }

    @Test func moreBuildsThanOneBatchGo() async throws {
        let site = try await ServiceSite()
        for _ in 0..<501 { _ = try await site.ended() }
        await site.store.advance(by: Self.day * 31)
        #expect(try await Housekeeper(site.service).round().builds == 501)
        #expect(try site.directory.files(below: "data/builds") == [])
    }

    @Test func filesOfForgottenBuildsGo() async throws {
        let site = try await ServiceSite()
        let kept = try await site.ended()
        for name in ["old-orphan", "new-orphan"] { try site.files(of: name).write([1], as: .plan) }
        for name in ["old-orphan", kept.id] { try age(site.files(of: name).directory, by: Self.day * 31) }
        _ = try await Housekeeper(site.service).round()
        #expect(try FileSystem.names(in: site.data.appending("builds")) == [kept.id, "new-orphan"].sorted())
    }

    @Test func workspacesOfDeadAttemptsGo() async throws {
        let site = try await ServiceSite()
        for _ in 0..<3 { try await site.wait() }
        let dead = try #require(try await site.claim())
        let ended = try #require(try await site.claim())
        var workspaces: [BuildWorkspace] = []
        for lease in [dead, ended] { workspaces.append(try BuildWorkspace(lease, dataDirectory: site.data)) }
        _ = try await site.store.end(ended, .failed(BuildProblem(code: "x", message: "x", isRequestsFault: true)))
        // The first one's worker died, and another has it.
        await site.store.advance(by: .seconds(200_000))
        var taken: [Lease] = []
        while let lease = try await site.claim() { taken.append(lease) }
        let again = try #require(taken.first { $0.build.id == dead.build.id })
        let alive = try BuildWorkspace(again, dataDirectory: site.data)
        _ = try await Housekeeper(site.service).round()
        #expect(try FileSystem.names(in: site.data.appending("work")) == ["\(dead.build.id)-2"])
        #expect(FileSystem.exists(alive.context))
        #expect(workspaces.allSatisfy { !FileSystem.exists($0.root) })
    }

    // MARK: Contexts

    @Test func contextsGoWithWhatOnlyTheyNeed() async throws {
        let site = try await ServiceSite()
        let (shared, own, other) = (Array("shared".utf8), Array("own".utf8), Array("other".utf8))
        let old = try await site.upload(["shared": shared, "own": own])
        let used = try await site.upload(["shared": shared, "other": other])
        let foreign = try await site.upload(["own": own], project: "team")
        await site.store.advance(by: Self.day * 8)
        try age(site.data.appending("projects"), by: Self.day * 8)
        for (digest, project) in [(used, "default"), (foreign, "team")] {
            _ = try await site.service.contexts.use(digest, project: project)
        }
        let result = try await Housekeeper(site.service).round()
        #expect(result.contexts == 1 && result.files == 2)
        await #expect(throws: ServiceError.self) {
            try await site.service.contexts.manifest(of: old, project: "default")
        }
        let digests = try [shared, own, other].map { try Digester.digest(of: $0) }
        #expect(try site.service.contexts.missing(digests, project: "default") == [digests[1]])
        #expect(try site.service.contexts.missing(digests, project: "team") == [digests[0], digests[2]])
        let tree = site.root.appending("tree")
        try await site.service.contexts.tree(used, project: "default", at: tree).writeAll()
        #expect(try site.directory.files(below: "tree") == ["other", "shared"])
    }

    @Test func contentOutlivesItsContextByAGrace() async throws {
        let site = try await ServiceSite()
        let context = try await site.upload(["a": [1]])
        await site.store.advance(by: Self.day * 7 + .seconds(60))
        try age(site.data.appending("projects"), by: Self.day * 7 + .seconds(60))
        #expect(try await Housekeeper(site.service).round() == HousekeepingResult(contexts: 1))
        // A client that was told by then that nothing is missing comes back to it.
        #expect(try await site.upload(["a": [1]]) == context)
        _ = try await site.service.contexts.manifest(of: context, project: "default")
    }

    @Test func contentThatNoContextCameToNeedGoes() async throws {
        let site = try await ServiceSite()
        let digest = try Digester.digest(of: [1, 2, 3])
        try await site.service.contexts.receive(digest, project: "default", from: AsyncChunks([[1, 2, 3]]))
        let ingest = ContextStorage.root(of: "default", in: site.data).appending("ingest")
        try FileSystem.write([1], to: ingest.appending("partial-old"))
        try age(site.data.appending("projects"), by: Self.day * 8)
        try FileSystem.write([1], to: ingest.appending("partial-new"))
        #expect(try await Housekeeper(site.service).round() == HousekeepingResult(files: 2, bytes: 4))
        #expect(try site.directory.files(below: "data/projects") == ["default/contexts/ingest/partial-new"])
    }

    @Test func aBuildThatWaitsForLongKeepsItsContext() async throws {
        let site = try await ServiceSite()
        let context = try await site.upload(["a": [1]])
        let build = try await site.wait(context)
        for _ in 0..<4 {
            await site.store.advance(by: Self.day * 5)
            try age(site.data.appending("projects"), by: Self.day * 5)
            #expect(try await Housekeeper(site.service).round() == HousekeepingResult())
        }
        _ = try await site.service.contexts.manifest(of: context, project: "default")
        _ = try await site.service.cancel(build.id, project: nil, by: site.admin)
        await site.store.advance(by: Self.day * 8)
        try age(site.data.appending("projects"), by: Self.day * 8)
        let result = try await Housekeeper(site.service).round()
        #expect(result.contexts == 1 && result.files == 2)
    }

    // MARK: Caches

    @Test func theCachesTogetherGetNoLargerThanTheirSize() async throws {
        let site = try await ServiceSite { $0.housekeeping.cacheSize = 1000 }
        let (shared, a, b) = (
            ProjectDirectories.sharedCache(site.data), ProjectDirectories(site.data, "a").cache,
            ProjectDirectories(site.data, "b").cache
        )
        let oldest = try site.content(1, size: 400, in: a, usedAgo: .seconds(50_000))
        let old = try site.content(2, size: 400, in: shared, usedAgo: .seconds(40_000))
        let middle = try site.content(3, size: 400, in: b, usedAgo: .seconds(30_000))
        let recent = try site.content(4, size: 400, in: a, usedAgo: .seconds(20_000))
        let new = try site.content(5, size: 100, in: shared, usedAgo: .seconds(10))
        let usage = try await site.service.storageUsage()
        #expect(usage.cacheBytes == 1700)
        #expect(usage.projects["a"]?.total.bytes == 800 && usage.shared.kinds[.content]?.count == 2)
        #expect(try await Housekeeper(site.service).round() == HousekeepingResult(files: 2, bytes: 800))
        #expect([oldest, old].allSatisfy { !FileSystem.exists($0) })
        #expect([middle, recent, new].allSatisfy { FileSystem.exists($0) })
        #expect(try await Housekeeper(site.service).round() == HousekeepingResult())
    }

    @Test func whatWasUsedWithinTheGraceStays() async throws {
        let site = try await ServiceSite { $0.housekeeping.cacheSize = 1 }
        let cache = ProjectDirectories.sharedCache(site.data)
        let old = try site.content(1, size: 400, in: cache, usedAgo: .seconds(3700))
        let recent = try site.content(2, size: 400, in: cache, usedAgo: .seconds(3500))
        #expect(try await Housekeeper(site.service).round().files == 1)
        #expect(!FileSystem.exists(old) && FileSystem.exists(recent))
    }

    @Test func whatARunningBuildUsedStays() async throws {
        let site = try await ServiceSite { $0.housekeeping.cacheSize = 1 }
        let cache = ProjectDirectories.sharedCache(site.data)
        try await site.wait()
        try await site.wait()
        let lease = try #require(try await site.claim())
        await site.store.advance(by: .seconds(10_000))
        // One that began later does not shorten it.
        _ = try await site.claim()
        let before = try site.content(1, size: 400, in: cache, usedAgo: .seconds(10_100))
        let since = try site.content(2, size: 400, in: cache, usedAgo: .seconds(9900))
        #expect(try await Housekeeper(site.service).round().files == 1)
        #expect(!FileSystem.exists(before) && FileSystem.exists(since))
        _ = try await site.store.end(lease, .cancelled)
        #expect(try await Housekeeper(site.service).round().files == 1)
        #expect(!FileSystem.exists(since))
    }

    @Test func aBuildAfterEverythingWasCollectedComesOutTheSame() async throws {
        let site = try await ServiceSite { $0.housekeeping.cacheSize = 1 }
        let context = try await site.upload(try await site.sample())
        var submission = site.submission(context: context)
        submission.exports = true
        let asked = submission
        let first = try await site.working { try await site.build(asked) }
        #expect(first.state == .succeeded, "\(first.problem?.message ?? "")")
        let cache = ProjectDirectories(site.data, "default").cache
        try age(cache, by: .seconds(10_000))
        #expect(try await Housekeeper(site.service).round().files > 5)
        #expect(try await site.service.storageUsage().cacheBytes == 0)
        let second = try await site.working { try await site.build(asked) }
        #expect(second.outcome?.descriptor == first.outcome?.descriptor)
    }

    // MARK: The duty

    @Test func oneProcessAtATime() async throws {
        let site = try await ServiceSite()
        let first = Housekeeper(site.service, holder: "first")
        let second = Housekeeper(site.service, holder: "second")
        await first.roundIfOurs()
        let build = try await site.ended()
        await site.store.advance(by: Self.day * 31)
        await first.roundIfOurs()
        #expect(try await site.store.build(build.id) == nil)
        // The first one is believed to live for two intervals.
        try site.files(of: "orphan").write([1], as: .plan)
        try age(site.files(of: "orphan").directory, by: Self.day * 31)
        await site.store.advance(by: .seconds(500))
        await second.roundIfOurs()
        #expect(FileSystem.exists(site.files(of: "orphan").directory))
        await site.store.advance(by: .seconds(200))
        await second.roundIfOurs()
        #expect(!FileSystem.exists(site.files(of: "orphan").directory))
        #expect(try await site.store.takeDuty(Housekeeper.duty, holder: "first", for: .seconds(1)) == false)
    }

    @Test func aStoppingProcessLeavesTheDuty() async throws {
        let site = try await ServiceSite()
        let build = try await site.ended()
        await site.store.advance(by: Self.day * 31)
        try await stopping(Housekeeper(site.service, holder: "first")) {
            try await eventually("it went round") { try await site.store.build(build.id) == nil }
            #expect(try await site.store.takeDuty(Housekeeper.duty, holder: "second", for: .seconds(1)) == false)
        }
        #expect(try await site.store.takeDuty(Housekeeper.duty, holder: "second", for: .seconds(1)))
    }

    @Test func aDatabaseThatIsAwayIsWaitedFor() async throws {
        let site = try await ServiceSite { $0.housekeeping.interval = .milliseconds(50) }
        let build = try await site.ended()
        await site.store.advance(by: Self.day * 31)
        await site.store.setDown(true)
        try await stopping(Housekeeper(site.service)) {
            try await Task.sleep(for: .milliseconds(120))
            await site.store.setDown(false)
            try await eventually("it went round") { try await site.store.build(build.id) == nil }
        }
    }
}
