import OCI
import Service
import ServiceClient
import ServiceTesting
import TestSupport
import Testing

/// Clients that do not read what they asked for.
@Suite struct SlowReaderTests {
    @Test(.timeLimit(.minutes(5))) func slowReadersOfEventsSlowNoBuild() async throws {
        try await DockerRegistry.run { registry in
            try await ServerSite.run(ServerSite.Settings(drain: "2s", lease: "30s")) { site in
                let client = try await SiteClient(site)
                // The end of a stream has the whole build in it: far more than lies between a server and a client.
                func submission(_ number: Int) async throws -> BuildSubmission {
                    let context = try await client.upload(code: "print(\(number))\n")
                    var submission = try client.submission(
                        context: context, tags: ["\(registry.host)/slow/app:\(number)"])
                    for label in 0..<40 {
                        submission.execution.labels["label-\(label)"] = String(repeating: "x", count: 20_000)
                    }
                    return submission
                }
                _ = try await client.end(client.submit(submission(0)).id)
                func time(_ number: Int, readers: Int) async throws -> (Duration, [SlowReader]) {
                    let submission = try await submission(number)
                    let start = ContinuousClock.now
                    let build = try await client.submit(submission)
                    let slow = try (0..<readers).map {
                        try SlowReader(
                            site.origin(0), "/api/v1/builds/\(build.id)/events", token: site.token,
                            reads: $0 % 2 == 0)
                    }
                    let end = try await client.end(build.id)
                    #expect(end.state == .succeeded)
                    return (start.duration(to: .now), slow)
                }
                let (alone, _) = try await time(1, readers: 0)
                let (watched, readers) = try await time(2, readers: 24)
                // The build has ended, and they are still at its beginning: nobody waits for them. Nor does the next build.
                #expect(readers.allSatisfy { $0.bytes < 600 })
                let (after, more) = try await time(3, readers: 24)
                print("slow readers: \(alone) without, \(watched) with \(readers.count), \(after) with twice as many")
                #expect((readers + more).allSatisfy { $0.bytes < 600 })
                // Nor do they keep the server from stopping.
                let (code, duration) = try await site.terminate(0)
                #expect(code == 0)
                #expect(duration < .seconds(60))
                for reader in readers + more { reader.end() }
            }
        }
    }
}
