import OCI
import Service
import ServiceClient
import ServiceTesting
import TestSupport
import Testing

/// A server that is asked to stop.
@Suite(.serialized) struct StopTests {
    @Test(.timeLimit(.minutes(5))) func whatWasAcceptedIsDoneAfterTheRestart() async throws {
        try await DockerRegistry.run { registry in
            // No build is given to another one on a busy machine, where a heartbeat may be late.
            try await ServerSite.run(ServerSite.Settings(lease: "60s")) { site in
                let client = try await SiteClient(site)
                var ids: [String] = []
                for number in 0..<5 {
                    ids.append(
                        try await client.submit(
                            code: "print(\(number))\n", tags: ["\(registry.host)/stop/app:\(number)"]
                        ).id)
                }
                // More than its two workers can have begun.
                let (code, duration) = try await site.terminate(0)
                #expect(code == 0)
                #expect(duration < .seconds(60))
                try await site.start(0)
                for id in ids {
                    let end = try await client.end(id)
                    #expect(end.state == .succeeded)
                    // Nobody had to wait for a lease to lapse, and nothing was begun in vain.
                    #expect(end.attempts == 1)
                }
                #expect(try site.workspaces() == [])
            }
        }
    }

    @Test(.timeLimit(.minutes(5))) func whatDoesNotEndInTimeIsHandedBack() async throws {
        try await DockerRegistry.run { registry in
            try await ServerSite.run(ServerSite.Settings(drain: "1s", lease: "60s")) { site in
                let client = try await SiteClient(site)
                registry.pause()
                let build = try await client.submit(code: "print(1)\n", tags: ["\(registry.host)/stop/app:1"])
                try await eventually("the build runs") { try await client.build(build.id).state == .running }
                let (code, duration) = try await site.terminate(0)
                #expect(code == 0)
                // The registry would hold it for ever.
                #expect(duration < .seconds(60))
                #expect(try site.workspaces() == [])
                try await site.start(0)
                registry.resume()
                let end = try await client.end(build.id)
                #expect(end.state == .succeeded)
                #expect(end.attempts == 1)
            }
        }
    }
}
