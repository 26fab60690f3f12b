import Foundation
import OCI
import Service
import ServiceClient
import ServiceTesting
import TestSupport
import Testing

/// Many clients at once.
@Suite(.serialized) struct LoadTests {
    private static let (builds, clients) = isSoak ? (1000, 200) : (100, 20)

    @Test(.timeLimit(.minutes(30))) func manyClientsAreAllServed() async throws {
        try await DockerRegistry.run { registry in
            try await ServerSite.run(ServerSite.Settings(workers: 4, lease: "30s")) { site in
                let client = try await SiteClient(site)
                // From now on everything but the code is made.
                let first = try await client.submit(code: "0\n", tags: ["\(registry.host)/load/app:0"])
                let warm = try await client.end(first.id)
                try #require(warm.state == .succeeded, "\(String(describing: warm.problem))")
                let numbers = Numbers { $0 < Self.builds }
                let start = ContinuousClock.now
                let times = try await withThrowingTaskGroup(of: [Duration].self) { group in
                    for _ in 0..<Self.clients {
                        group.addTask {
                            var times: [Duration] = []
                            while let number = numbers.next() {
                                let begin = ContinuousClock.now
                                let build = try await client.submit(
                                    code: "print(\(number))\n", tags: ["\(registry.host)/load/app:\(number)"])
                                let end = try await client.follow(build.id)
                                times.append(begin.duration(to: .now))
                                #expect(end.state == .succeeded, "\(String(describing: end.problem))")
                                #expect(end.attempts == 1)
                            }
                            return times
                        }
                    }
                    return try await group.reduce([], +).sorted()
                }
                let seconds = start.duration(to: .now) / .seconds(1)
                #expect(times.count == Self.builds)
                print(Self.table(times, seconds))
                // Each has its image.
                let contents = RegistryContents(registry)
                #expect(try contents.manifests("load/app").count == Self.builds + 1)
                #expect(try site.damagedContent().damaged == [])
            }
        }
    }

    private static func table(_ times: [Duration], _ seconds: Double) -> String {
        func milliseconds(_ part: Double) -> String {
            let index = min(times.count - 1, Int((Double(times.count) * part).rounded(.up)) - 1)
            return String(Int(times[max(0, index)] / .milliseconds(1)))
        }
        let rate = Double(Int(Double(times.count) / seconds * 10)) / 10
        return """
            load: | builds | clients | p50 ms | p90 ms | p99 ms | max ms | builds/s |
            load: | \(times.count) | \(clients) | \(milliseconds(0.5)) | \(milliseconds(0.9)) | \
            \(milliseconds(0.99)) | \(milliseconds(1)) | \(rate) |
            """
    }
}
