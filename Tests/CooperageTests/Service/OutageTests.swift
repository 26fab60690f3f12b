import Content
import Foundation
import Glibc
import OCI
import Service
import ServiceClient
import ServiceTesting
import SystemPackage
import TestSupport
import Testing
import Transfer

/// What the service needs is gone for a while: builds wait or say why not, and nothing is damaged.
@Suite(.serialized) struct OutageTests {
    private static let outage = Duration.seconds(isSoak ? 60 : 3)

    private func isReady(_ client: SiteClient, on process: Int = 0) async throws -> Bool {
        let response = try await client.once(.get, "/ready", on: process)
        #expect([200, 503].contains(response.status), "\(response.status) \(response.text)")
        return response.status == 200
    }

    /// All builds of a test have ended well, by the engine's own digest.
    private func check(_ builds: [(code: String, build: ServerBuild)], _ client: SiteClient) async throws {
        let engine = try LocalEngine(client)
        for (code, build) in builds {
            let end = try await client.end(build.id)
            #expect(end.state == .succeeded, "\(String(describing: end.problem))")
            #expect(try await end.outcome?.descriptor.digest == engine.digest(code: code))
        }
        let (checked, damaged) = try client.site.damagedContent()
        #expect(checked > 10 && damaged == [])
    }

    private func submit(_ client: SiteClient, _ registry: DockerRegistry, _ numbers: Range<Int>) async throws
        -> [(code: String, build: ServerBuild)]
    {
        var builds: [(code: String, build: ServerBuild)] = []
        for number in numbers {
            let code = "print(\(number))\n"
            builds.append((code, try await client.submit(code: code, tags: ["\(registry.host)/out/app:\(number)"])))
        }
        return builds
    }

    @Test(.timeLimit(.minutes(10))) func theDatabaseIsGoneForAWhile() async throws {
        let database = try await MariaDBServer()
        let address = try await database.makeDatabase()
        try await DockerRegistry.run { registry in
            try await ServerSite.run(ServerSite.Settings(processes: 2, database: address)) { site in
                let client = try await SiteClient(site)
                var builds = try await submit(client, registry, 0..<4)
                database.stop()
                for process in 0..<2 {
                    try await eventually("process \(process) is not ready") {
                        try await !isReady(client, on: process)
                    }
                }
                // Whoever asks meanwhile is told.
                let refused = try await client.once(.get, "/api/v1/builds")
                #expect(refused.status == 503, "\(refused.status) \(refused.text)")
                #expect(refused.text.contains("database_unavailable"), "\(refused.text)")
                #expect(try await client.once(.get, "/health").status == 200)
                try await Task.sleep(for: Self.outage)
                try await database.start()
                for process in 0..<2 {
                    try await eventually("process \(process) is ready") { try await isReady(client, on: process) }
                }
                builds += try await submit(client, registry, 4..<6)
                try await check(builds, client)
            }
        }
        database.stop()
    }

    @Test(.timeLimit(.minutes(10))) func theRegistryIsGoneForAWhile() async throws {
        try await DockerRegistry.run { registry in
            try await ServerSite.run { site in
                let client = try await SiteClient(site)
                let first = try await submit(client, registry, 0..<1)
                _ = try await client.end(first[0].build.id)
                registry.stop()
                let builds = try await submit(client, registry, 1..<5)
                // The service itself is well.
                #expect(try await isReady(client))
                try await Task.sleep(for: Self.outage)
                let waiting = try await client.build(builds[0].build.id)
                #expect(!waiting.state.isFinal)
                try await eventually(within: .seconds(60), "a build says why it waits") {
                    let log = try await client.log(builds[0].build.id)
                    return log.contains("error: ") && log.contains("127.0.0.1")
                }
                try await registry.start()
                try await check(first + builds, client)
                #expect(try RegistryContents(registry).manifests("out/app").count == 5)
            }
        }
    }

    @Test(.timeLimit(.minutes(10))) func theDiskIsFullForAWhile() async throws {
        let directory = try TemporaryDirectory()
        let disk = directory.path.appending("disk")
        try FileSystem.makeDirectory(disk)
        do {
            guard getuid() == 0 else { throw NeverHappened("we are root") }
            try run("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", disk.string])
        } catch {
            return print("skipped, since no small disk can be mounted here: the disk is full (\(error))")
        }
        defer { _ = try? run("umount", ["-l", disk.string]) }
        try await DockerRegistry.run { registry in
            try await ServerSite.run(ServerSite.Settings(data: disk.appending("data"))) { site in
                let client = try await SiteClient(site)
                let first = try await submit(client, registry, 0..<1)
                _ = try await client.end(first[0].build.id)
                // Builds that are under way when the disk runs full.
                registry.pause()
                let builds = try await submit(client, registry, 1..<4)
                let filler = disk.appending("filler")
                try fill(filler)
                registry.resume()
                try await eventually("the server is not ready") { try await !isReady(client) }
                let upload = [UInt8](repeating: 7, count: 300_000)
                let digest = try Digester.digest(of: upload)
                let refused = try await client.once(
                    .put, "/api/v1/contexts/blobs/\(digest)", body: upload,
                    headers: ["Content-Type": "application/octet-stream"])
                #expect([503, 507].contains(refused.status), "\(refused.status) \(refused.text)")
                let submission = try client.submission(context: digest, tags: [])
                let body = Array(try CanonicalJSON.encode(["build": submission]))
                let unaccepted = try await client.once(.post, "/api/v1/builds", body: body)
                #expect(unaccepted.status >= 400)
                try await Task.sleep(for: isSoak ? Self.outage : .seconds(2))
                try FileSystem.remove(filler)
                try await eventually("the server is ready") { try await isReady(client) }
                try await check(first + builds + submit(client, registry, 4..<5), client)
            }
        }
    }

    /// Writes a file as long as there is room.
    private func fill(_ path: FilePath) throws {
        let descriptor = open(path.string, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw NeverHappened("a file can be made") }
        defer { close(descriptor) }
        for size in [1 << 20, 4096, 1] {
            let bytes = [UInt8](repeating: 0, count: size)
            while write(descriptor, bytes, size) > 0 {}
        }
    }
}
