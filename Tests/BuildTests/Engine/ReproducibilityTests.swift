import Content
import Foundation
import Images
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Same input, same digest, whatever the machine and the day.
@Suite struct ReproducibilityTests {
    private func digest(
        _ site: BuildSite, cache: String = "cache", timestamp: Timestamp = .reproducible,
        _ adjust: (inout BuildEngine.Configuration) -> Void = { _ in }
    ) async throws -> Digest {
        let result = try await site.engine(cache: cache, adjust).build(
            site.spec(timestamp: timestamp), tags: [], outputs: [])
        try await result.images.expectSound()
        return result.images.root.digest
    }

    @Test func cachesAndWorkersDoNotMatter() async throws {
        let site = try await BuildSite()
        let digest = try await digest(site)
        #expect(try await self.digest(site) == digest)
        for workers in [1, 2, 7] {
            #expect(try await self.digest(site, cache: "workers-\(workers)") { $0.workers = workers } == digest)
        }
        #expect(try await self.digest(site, cache: "one-by-one") { $0.downloads = 1 } == digest)
    }

    @Test func placeOrderAndTimesOfFilesDoNotMatter() async throws {
        let (one, two) = (try await BuildSite(), try await BuildSite())
        let names = (0..<40).map { "context/pipeline/file\($0).py" }
        for name in names { try one.directory.write(Array(name.utf8), to: name) }
        for name in names.reversed() {
            let path = try two.directory.write(Array(name.utf8), to: name)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1_000_000), .posixPermissions: 0o600],
                ofItemAtPath: path.string)
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o700], ofItemAtPath: two.context.appending("run.sh").string)
        #expect(try await digest(two) == digest(one))
    }

    @Test func theTimeIsThatOfTheSpec() async throws {
        let site = try await BuildSite()
        let (first, later) = (try await digest(site), Timestamp(seconds: 1_700_000_000))
        #expect(try await digest(site, timestamp: later) != first)
        #expect(try await digest(site, cache: "other", timestamp: later) == digest(site, timestamp: later))
        let image = try #require(
            try await site.engine().build(site.spec(timestamp: later), tags: [], outputs: []).images.images.first)
        #expect(image.configuration.created == "2023-11-14T22:13:20Z")
        #expect(image.configuration.history?.last?.created == "2023-11-14T22:13:20Z")
    }

    @Test func whatDecidesTheImageDecidesTheDigest() async throws {
        let site = try await BuildSite()
        let before = try await digest(site)
        var seen: Set<Digest> = [before]
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: site.context.appending("main.py").string)
        #expect(try await seen.insert(digest(site)).inserted)
        try FileSystem.rename(site.context.appending("main.py"), to: site.context.appending("start.py"))
        #expect(try await seen.insert(digest(site)).inserted)
        try site.requirements("gamma\nhuge\n")
        #expect(try await seen.insert(digest(site)).inserted)
    }
}
