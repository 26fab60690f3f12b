import Content
import OCI
import Service
import ServiceClient
import ServiceTesting
import TestSupport
import Testing

/// Servers that are killed at random moments while clients ask for builds: what was accepted ends, and ends right.
@Suite(.serialized) struct KillTests {
    /// The length of a run.
    private static let (kills, builds) = isSoak ? (200, 100) : (10, 24)

    @Test(.timeLimit(.minutes(30))) func aSingleServerLosesNothing() async throws {
        try await survive(ServerSite.Settings(), seed: 7)
    }

    @Test(.timeLimit(.minutes(30))) func threeServersOnOneDatabaseLoseNothing() async throws {
        let database = try await MariaDBServer.shared().makeDatabase()
        try await survive(ServerSite.Settings(processes: 3, database: database), seed: 11)
    }

    /// A build that a client asked for.
    private struct Asked: Sendable {
        let number: Int
        let code: String
        let id: String
        let tags: [String]
        let end: ServerBuild
    }

    private func survive(_ settings: ServerSite.Settings, seed: Int) async throws {
        try await DockerRegistry.run { registry in
            try await ServerSite.run(settings) { site in
                let client = try await SiteClient(site)
                let isOver = Flag()
                let start = ContinuousClock.now
                let killer = Task {
                    defer { isOver.set() }
                    try await kill(site, seed)
                }
                let asked = try await ask(client, registry.host, seed, until: isOver)
                try await killer.value
                let attempts = asked.reduce(0) { $0 + $1.end.attempts }
                print(
                    "kill -9: \(Self.kills) kills of \(settings.processes) process(es), \(asked.count) builds in "
                        + "\(attempts) attempts, \(start.duration(to: .now))")
                #expect(attempts > asked.count, "some of the kills met a build")
                try await check(asked, client, RegistryContents(registry))
                try await checkRemains(site)
            }
        }
    }

    private func kill(_ site: ServerSite, _ seed: Int) async throws {
        var chance = Seeded(seed)
        for _ in 0..<Self.kills {
            let number = Int.random(in: 0..<site.settings.processes, using: &chance)
            // At any moment of an attempt: it begins, and some time passes.
            let before = Set(try site.workspaces())
            try? await eventually(within: .seconds(10), "an attempt begins") {
                try !before.isSuperset(of: site.workspaces())
            }
            try await Task.sleep(for: .milliseconds(.random(in: 0...400, using: &chance)))
            site.kill(number)
            try await site.start(number)
        }
    }

    /// Six clients ask for builds, one after the other, as long as servers are killed, and for as many as there are to be.
    private func ask(_ client: SiteClient, _ host: String, _ seed: Int, until isOver: Flag) async throws -> [Asked] {
        let numbers = Numbers { $0 < Self.builds || !isOver.isSet }
        return try await withThrowingTaskGroup(of: [Asked].self) { group in
            for _ in 0..<6 {
                group.addTask {
                    var asked: [Asked] = []
                    while let number = numbers.next() {
                        asked.append(try await ask(client, host, number, seed))
                    }
                    return asked
                }
            }
            return try await group.reduce([], +)
        }
    }

    private func ask(_ client: SiteClient, _ host: String, _ number: Int, _ seed: Int) async throws -> Asked {
        var chance = Seeded(seed &* 1_000_003 &+ number)
        // Some are equal to an earlier one, some share a tag.
        let variant = Int.random(in: 0..<4, using: &chance) == 0 ? number / 2 : number
        let code = "print(\(variant))\n"
        var names = ["soak/build-\(number):1"]
        if Bool.random(using: &chance) { names.append("soak/shared:\(Int.random(in: 0..<3, using: &chance))") }
        let tags = names.map { "\(host)/\($0)" }
        let build = try await client.submit(code: code, tags: tags, key: "build-\(number)")
        let again = try await client.submit(build.build, key: "build-\(number)")
        #expect(again.id == build.id, "one key is one build")
        let end = number % 2 == 0 ? try await client.follow(build.id) : try await client.end(build.id)
        return Asked(number: number, code: code, id: build.id, tags: names, end: end)
    }

    private func check(_ asked: [Asked], _ client: SiteClient, _ registry: RegistryContents) async throws {
        #expect(Set(asked.map(\.id)).count == asked.count)
        let engine = try LocalEngine(client)
        for asked in asked {
            let end = asked.end
            #expect(end.state == .succeeded, "\(asked.number): \(String(describing: end.problem))")
            let digest = end.outcome?.descriptor.digest.description
            #expect(try await digest == engine.digest(code: asked.code).description)
            #expect(try await registry.digest(asked.tags[0]) == digest)
            #expect(try registry.manifests("soak/build-\(asked.number)") == [digest])
        }
        for name in Set(asked.flatMap { $0.tags.dropFirst() }) {
            let builds = try await client.builds(tag: "\(registry.registry.host)/\(name)")
            let last = builds.first?.outcome?.descriptor.digest.description
            #expect(try await registry.digest(name) == last, "\(name) is the last accepted build's")
            // They ended in the order in which they were accepted.
            let ends = builds.reversed().compactMap(\.finishedAt)
            #expect(ends == ends.sorted(), "\(name): \(ends)")
            let all = Set(builds.compactMap { $0.outcome?.descriptor.digest.description })
            #expect(try all.isSuperset(of: registry.history(name)))
        }
    }

    private func checkRemains(_ site: ServerSite) async throws {
        let (checked, damaged) = try site.damagedContent()
        #expect(checked > 10)
        #expect(damaged == [])
        // What the killed ones left of attempts was cleared by those who took over.
        try await eventually("the directories of attempts are gone") { try site.workspaces().isEmpty }
        for number in 0..<site.settings.processes {
            let (code, _) = try await site.terminate(number)
            #expect(code == 0)
        }
        // Half-written files have names by which housekeeping knows them, and lie nowhere else.
        let strays = try site.files().filter { name in
            ![
                "/ingest/partial-", "/records/", "/resolve-", "/uv/", "/blobs/sha256/", "cooperage.db", "vault",
                "builds/",
            ]
            .contains { "/\(name)".contains($0) }
        }
        #expect(strays == [])
    }
}
