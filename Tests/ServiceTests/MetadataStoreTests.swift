import Content
import Diagnostics
import OCI
import TestSupport
import Testing

@testable import Service

/// What a metadata store promises, on every one that there is.
@Suite struct MetadataStoreTests {
    private static let lease = Duration.seconds(60)
    /// Is over before anybody looks.
    private static let noLease = Duration.milliseconds(-10)
    private static let problem = BuildProblem(
        code: "unreachable", message: "the registry is gone", context: ["host: r.example"], hints: ["wait"],
        isRequestsFault: false)

    private static func new(
        _ name: String = "app", project: String = "default", tags: [String] = [], share: String? = nil,
        key: String? = nil, secrets: [UInt8]? = nil
    ) throws -> NewBuild {
        var submission = BuildSubmission(base: .catalog("python-3.11"))
        submission.annotations = ["name": name]
        submission.tags = try tags.map { try Reference($0) }
        submission.pushes = !tags.isEmpty
        return NewBuild(
            project: project, requestedBy: "tester", submission: submission,
            shareKey: try Digester.digest(of: (share ?? name).utf8), idempotencyKey: key, sealedSecrets: secrets)
    }

    private static func outcome() throws -> BuildOutcome {
        let digest = try Digester.digest(of: "image".utf8)
        return BuildOutcome(
            descriptor: Descriptor(mediaType: .manifest, digest: digest, size: 7), imageID: digest,
            references: ["r.example/app@\(digest)"], uploadedBytes: 12)
    }

    private static func accept(_ store: any MetadataStore, _ build: NewBuild) async throws -> BuildRecord {
        guard case .created(let record) = try await store.accept(build) else {
            Issue.record("the build was not accepted")
            throw CancellationError()
        }
        return record
    }

    private static func claim(_ store: any MetadataStore, for duration: Duration = lease, limit: Int = 10) async throws
        -> Lease?
    {
        try await store.claim(worker: "w", leaseFor: duration, attemptLimit: limit)
    }

    private static func states(_ store: any MetadataStore, of id: String) async throws -> [String] {
        try await store.events(of: id, after: 0, limit: 100).map(\.json)
            .filter { $0.contains(#""event":"state""#) }
            .compactMap { event in BuildState.allCases.map(\.rawValue).first { event.contains("\"state\":\"\($0)\"") } }
    }

    // MARK: Builds

    @Test(arguments: StoreKind.allCases) func anAcceptedBuildIsThere(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let new = try Self.new("naïve 🎡", tags: ["r.example/team/app:1", "r.example/team/app:2"])
            let build = try await Self.accept(store, new)
            #expect(build.state == .queued)
            #expect(build.submission == new.submission)
            #expect(build.attempts == 0 && build.fence == 0 && !build.cancelRequested)
            #expect(try await store.build(build.id) == build)
            #expect(try await store.build("nothing") == nil)
            #expect(try await Self.states(store, of: build.id) == ["queued"])
            let counts = try await store.activeCounts()
            #expect(counts.map(\.project) == ["default"] && counts.map(\.count) == [1])
        }
    }

    @Test(arguments: StoreKind.allCases) func aRepeatedRequestIsKnown(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let first = try await Self.accept(store, try Self.new(key: "k"))
            #expect(try await store.accept(try Self.new(key: "k")) == .repeated(first))
            #expect(try await store.accept(try Self.new("other", key: "k")) == .keyInUse(first))
            // Another project's keys are its own.
            let other = try await Self.accept(store, try Self.new("other", project: "other", key: "k"))
            #expect(other.id != first.id)
            // Without a key every request is one of its own.
            _ = try await Self.accept(store, try Self.new())
            _ = try await Self.accept(store, try Self.new())
        }
    }

    @Test(arguments: StoreKind.allCases) func theSameRequestByManyAtOnceIsOneBuild(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let ids = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        switch try await store.accept(try Self.new(key: "k")) {
                        case .created(let build), .repeated(let build), .keyInUse(let build): build.id
                        case .queueFull: "full"
                        }
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(ids.count == 1)
        }
    }

    @Test(arguments: StoreKind.allCases) func aProjectsQueueHasAnEnd(_ kind: StoreKind) async throws {
        try await kind.run { store in
            var policy = ProjectPolicy()
            policy.queuedLimit = 2
            try await store.setProject(Project(name: "small", policy: policy))
            for name in ["a", "b"] { _ = try await Self.accept(store, try Self.new(name, project: "small")) }
            #expect(try await store.accept(try Self.new("c", project: "small")) == .queueFull(limit: 2))
            _ = try await Self.accept(store, try Self.new("c", project: "large"))
            // One that runs does not wait.
            _ = try await Self.claim(store)
            _ = try await Self.claim(store)
            _ = try await Self.accept(store, try Self.new("c", project: "small"))
        }
    }

    @Test(arguments: StoreKind.allCases) func buildsAreListedNewestFirst(_ kind: StoreKind) async throws {
        try await kind.run { store in
            var ids: [String] = []
            for number in 0..<6 {
                let project = number % 2 == 0 ? "even" : "odd"
                let tags = ["r.example/app:\(number / 2)"] + (number == 5 ? ["r.example/app"] : [])
                ids.append(try await Self.accept(store, try Self.new("\(number)", project: project, tags: tags)).id)
            }
            func listed(_ filter: BuildFilter) async throws -> [String] { try await store.builds(filter).map(\.id) }
            #expect(try await listed(BuildFilter()) == ids.reversed())
            #expect(try await listed(BuildFilter(projects: ["odd"])) == [ids[5], ids[3], ids[1]])
            #expect(try await listed(BuildFilter(projects: [])) == [])
            #expect(try await listed(BuildFilter(tag: "r.example/app:1")) == [ids[3], ids[2]])
            #expect(try await listed(BuildFilter(projects: ["odd", "even"], limit: 2)) == [ids[5], ids[4]])
            let cursor = try #require(try await store.build(ids[2])).sequence
            #expect(try await listed(BuildFilter(before: cursor)) == [ids[1], ids[0]])
            _ = try await store.requestCancellation(ids[4])
            #expect(try await listed(BuildFilter(states: [.cancelled])) == [ids[4]])
            #expect(try await listed(BuildFilter(states: [.queued, .running], limit: 1)) == [ids[5]])
        }
    }

    // MARK: The queue

    @Test(arguments: StoreKind.allCases) func aLeaseIsOneWorkersAlone(_ kind: StoreKind) async throws {
        try await kind.run { store in
            #expect(try await Self.claim(store) == nil)
            let build = try await Self.accept(store, try Self.new(secrets: [1, 2, 0, 255]))
            let lease = try #require(try await Self.claim(store))
            #expect(lease.build.id == build.id)
            #expect(lease.build.state == .running && lease.build.attempts == 1)
            #expect(lease.build.startedAt != nil && lease.build.leaseUntil != nil)
            #expect(lease.sealedSecrets == [1, 2, 0, 255])
            #expect(try await Self.claim(store) == nil)
            #expect(try await store.heartbeat(lease, leaseFor: Self.lease) == .held)
            #expect(try await store.oldestRunningStart() == lease.build.startedAt)
            #expect(try await store.end(lease, .succeeded(try Self.outcome())))
            let ended = try #require(try await store.build(build.id))
            let outcome = try Self.outcome()
            #expect(ended.state == .succeeded && ended.outcome == outcome && ended.finishedAt != nil)
            #expect(ended.leaseUntil == nil)
            // Nothing more can be written.
            #expect(try await store.heartbeat(lease, leaseFor: Self.lease) == .lost)
            #expect(try await store.end(lease, .cancelled) == false)
            #expect(try await store.append(["{}"], lease: lease) == nil)
            #expect(try await Self.states(store, of: build.id) == ["queued", "running", "succeeded"])
            #expect(try await store.oldestRunningStart() == nil)
            #expect(try await store.activeCounts().isEmpty)
        }
    }

    @Test(arguments: StoreKind.allCases) func eachBuildIsTakenOnce(_ kind: StoreKind) async throws {
        try await kind.run { store in
            for number in 0..<12 { _ = try await Self.accept(store, try Self.new("\(number)")) }
            let taken = try await withThrowingTaskGroup(of: [String].self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        var ids: [String] = []
                        while let lease = try await Self.claim(store) {
                            ids.append(lease.build.id)
                            _ = try await store.end(lease, .cancelled)
                        }
                        return ids
                    }
                }
                return try await group.reduce(into: [String]()) { $0 += $1 }
            }
            // A worker that finds nothing may have come while the others had the last ones.
            #expect(Set(taken).count == taken.count)
            #expect(taken.count == 12)
        }
    }

    @Test(arguments: StoreKind.allCases) func aWorkerThatDiedLosesItsBuild(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let build = try await Self.accept(store, try Self.new(secrets: [9]))
            let first = try #require(try await Self.claim(store, for: Self.noLease))
            let second = try #require(try await Self.claim(store))
            #expect(second.build.id == build.id)
            #expect(second.fence > first.fence && second.build.attempts == 2)
            #expect(second.sealedSecrets == [9])
            #expect(second.build.startedAt == first.build.startedAt)
            #expect(try await store.heartbeat(first, leaseFor: Self.lease) == .lost)
            #expect(try await store.end(first, .succeeded(try Self.outcome())) == false)
            #expect(try await store.append([#"{"event":"late"}"#], lease: first) == nil)
            #expect(try await store.end(second, .failed(Self.problem)))
            #expect(try await store.build(build.id)?.problem == Self.problem)
        }
    }

    @Test(arguments: StoreKind.allCases) func aBuildThatKillsItsWorkersEnds(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let build = try await Self.accept(store, try Self.new())
            for _ in 0..<3 { #expect(try await Self.claim(store, for: Self.noLease, limit: 3) != nil) }
            #expect(try await Self.claim(store, limit: 3) == nil)
            let ended = try #require(try await store.build(build.id))
            #expect(ended.state == .failed)
            #expect(ended.problem?.code == "abandoned")
        }
    }

    @Test(arguments: StoreKind.allCases) func aReasonThatCanPassIsWaitedFor(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let build = try await Self.accept(store, try Self.new(secrets: [3]))
            let first = try #require(try await Self.claim(store))
            #expect(try await store.end(first, .again(Self.problem, after: .seconds(3600), attemptLimit: 3)))
            #expect(try await store.build(build.id)?.state == .queued)
            #expect(try await Self.claim(store) == nil)
            // Another one need not wait for it.
            let other = try await Self.accept(store, try Self.new("other"))
            let second = try #require(try await Self.claim(store))
            #expect(second.build.id == other.id)
            #expect(try await store.end(second, .again(Self.problem, after: .zero, attemptLimit: 3)))
            let third = try #require(try await Self.claim(store))
            #expect(third.build.id == other.id && third.build.attempts == 2)
            #expect(try await store.end(third, .again(Self.problem, after: .zero, attemptLimit: 2)))
            let ended = try #require(try await store.build(other.id))
            #expect(ended.state == .failed && ended.problem == Self.problem)
        }
    }

    @Test(arguments: StoreKind.allCases) func aBuildHandedBackIsTakenAtOnce(_ kind: StoreKind) async throws {
        try await kind.run { store in
            _ = try await Self.accept(store, try Self.new(secrets: [4]))
            let first = try #require(try await Self.claim(store))
            #expect(try await store.end(first, .handedBack))
            let second = try #require(try await Self.claim(store))
            #expect(second.build.attempts == 1 && second.fence > first.fence)
            #expect(second.sealedSecrets == [4])
        }
    }

    @Test(arguments: StoreKind.allCases) func whoeverCancelsIsHeard(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let waiting = try await Self.accept(store, try Self.new("a", secrets: [5]))
            #expect(try await store.requestCancellation(waiting.id)?.state == .cancelled)
            #expect(try await Self.claim(store) == nil)
            let running = try await Self.accept(store, try Self.new("b"))
            let lease = try #require(try await Self.claim(store))
            #expect(try await store.requestCancellation(running.id)?.state == .running)
            #expect(try await store.heartbeat(lease, leaseFor: Self.lease) == .cancelRequested)
            #expect(try await store.end(lease, .cancelled))
            #expect(try await store.build(running.id)?.state == .cancelled)
            // What ended stays as it is.
            #expect(try await store.requestCancellation(running.id)?.state == .cancelled)
            #expect(try await store.requestCancellation("nothing") == nil)
            // A worker that died before it heard of it needs no successor.
            let third = try await Self.accept(store, try Self.new("c"))
            _ = try await Self.claim(store, for: Self.noLease)
            _ = try await store.requestCancellation(third.id)
            #expect(try await Self.claim(store) == nil)
            #expect(try await store.build(third.id)?.state == .cancelled)
        }
    }

    @Test(arguments: StoreKind.allCases) func buildsToOneTagEndInOrder(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let first = try await Self.accept(store, try Self.new("a", tags: ["r.example/app", "r.example/app:x"]))
            let second = try await Self.accept(
                store, try Self.new("b", project: "other", tags: ["r.example/app:latest"]))
            let third = try await Self.accept(store, try Self.new("c", tags: ["r.example/else:1"]))
            let one = try #require(try await Self.claim(store))
            #expect(one.build.id == first.id)
            let other = try #require(try await Self.claim(store))
            #expect(other.build.id == third.id)
            #expect(try await Self.claim(store) == nil)
            // Also while the first one waits for its next attempt.
            #expect(try await store.end(one, .again(Self.problem, after: .seconds(3600), attemptLimit: 5)))
            #expect(try await Self.claim(store) == nil)
            _ = try await store.requestCancellation(first.id)
            #expect(try await Self.claim(store)?.build.id == second.id)
        }
    }

    @Test(arguments: StoreKind.allCases) func equalBuildsWaitForEachOther(_ kind: StoreKind) async throws {
        try await kind.run { store in
            _ = try await Self.accept(store, try Self.new("a", share: "same"))
            _ = try await Self.accept(store, try Self.new("b", share: "same"))
            let foreign = try await Self.accept(store, try Self.new("c", project: "other", share: "same"))
            let first = try #require(try await Self.claim(store))
            #expect(try await Self.claim(store)?.build.id == foreign.id)
            #expect(try await Self.claim(store) == nil)
            #expect(try await store.end(first, .succeeded(try Self.outcome())))
            #expect(try await Self.claim(store) != nil)
        }
    }

    @Test(arguments: StoreKind.allCases) func projectsTakeTurns(_ kind: StoreKind) async throws {
        try await kind.run { store in
            var policy = ProjectPolicy()
            policy.runningLimit = 3
            try await store.setProject(Project(name: "busy", policy: policy))
            for number in 0..<6 { _ = try await Self.accept(store, try Self.new("busy \(number)", project: "busy")) }
            for number in 0..<2 { _ = try await Self.accept(store, try Self.new("calm \(number)", project: "calm")) }
            var taken: [String] = []
            while let lease = try await Self.claim(store) { taken.append(lease.build.project) }
            #expect(taken == ["busy", "calm", "busy", "calm", "busy"])
        }
    }

    @Test(arguments: StoreKind.allCases) func oldBuildsAreRemoved(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let old = try await Self.accept(store, try Self.new("a", tags: ["r.example/a:1"], key: "k"))
            let lease = try #require(try await Self.claim(store))
            _ = try await store.append([#"{"event":"x"}"#], lease: lease)
            #expect(try await store.end(lease, .failed(Self.problem)))
            let waiting = try await Self.accept(store, try Self.new("b"))
            let later = try await store.now() + .seconds(60)
            let earlier = try await store.now() + .seconds(-3600)
            #expect(try await store.removeBuilds(endedBefore: earlier, limit: 10) == [])
            #expect(try await store.removeBuilds(endedBefore: later, limit: 10) == [old.id])
            #expect(try await store.build(old.id) == nil)
            #expect(try await store.events(of: old.id, after: 0, limit: 10) == [])
            #expect(try await store.builds(BuildFilter(tag: "r.example/a:1")) == [])
            #expect(try await store.build(waiting.id) != nil)
            // Its key is free again.
            _ = try await Self.accept(store, try Self.new("c", key: "k"))
        }
    }

    // MARK: Events

    @Test(arguments: StoreKind.allCases) func eventsAreNumberedInOrder(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let build = try await Self.accept(store, try Self.new())
            let lease = try #require(try await Self.claim(store))
            let texts = (0..<5).map { #"{"event":"x","number":\#($0),"text":"naïve 🎡"}"# }
            // Two are there: queued, running.
            #expect(try await store.append(Array(texts.prefix(3)), lease: lease) == 5)
            #expect(try await store.append(Array(texts.suffix(2)), lease: lease) == 7)
            let events = try await store.events(of: build.id, after: 2, limit: 100)
            #expect(events.map(\.json) == texts)
            #expect(events.map(\.number) == [3, 4, 5, 6, 7])
            #expect(try await store.events(of: build.id, after: 4, limit: 2).map(\.number) == [5, 6])
            #expect(try await store.events(of: "nothing", after: 0, limit: 2) == [])
        }
    }

    // MARK: Projects, tokens, credentials

    @Test(arguments: StoreKind.allCases) func projectsAreChanged(_ kind: StoreKind) async throws {
        try await kind.run { store in
            #expect(try await store.project("a") == nil)
            var project = Project(name: "a")
            project.policy.targets = ["r.example/*"]
            try await store.setProject(project)
            #expect(try await store.project("a") == project)
            project.policy.allowsSourceBuilds = true
            try await store.setProject(project)
            try await store.setProject(Project(name: "b"))
            #expect(try await store.projects().sorted { $0.name < $1.name } == [project, Project(name: "b")])
        }
    }

    @Test(arguments: StoreKind.allCases) func tokensAreKeptAndTakenBack(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let now = try await store.now()
            func token(_ id: String, _ project: String?, expires: Bool = false) -> APIToken {
                APIToken(
                    id: id, label: "for \(id)", project: project, role: .builder, secretHash: "hash", createdAt: now,
                    expiresAt: expires ? now + .seconds(5) : nil)
            }
            #expect(try await store.addFirstToken(token("1", nil)))
            #expect(try await store.addFirstToken(token("2", nil)) == false)
            try await store.addToken(token("3", "a", expires: true))
            #expect(try await store.token("1") == token("1", nil))
            #expect(try await store.token("3") == token("3", "a", expires: true))
            #expect(try await store.token("2") == nil)
            #expect(try await store.tokens(project: "a").map(\.id) == ["3"])
            #expect(Set(try await store.tokens(project: nil).map(\.id)) == ["1", "3"])
            #expect(try await store.revokeToken("3"))
            #expect(try await store.token("3")?.isRevoked == true)
            #expect(try await store.revokeToken("2") == false)
        }
    }

    @Test(arguments: StoreKind.allCases) func oneOfManyProcessesMakesTheFirstToken(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let now = try await store.now()
            let added = try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await store.addFirstToken(
                            APIToken(
                                id: "\(number)", label: "x", project: nil, role: .admin, secretHash: "h",
                                createdAt: now, expiresAt: nil))
                    }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(added == 1)
        }
    }

    @Test(arguments: StoreKind.allCases) func credentialsAreAProjectsOrAll(_ kind: StoreKind) async throws {
        try await kind.run { store in
            try await store.setCredential(SealedCredential(project: nil, scope: "r.example", sealed: [0, 1]))
            try await store.setCredential(SealedCredential(project: "a", scope: "r.example", sealed: [2]))
            try await store.setCredential(SealedCredential(project: "a", scope: "r.example", sealed: [3, 0]))
            try await store.setCredential(SealedCredential(project: "b", scope: "r.example", sealed: [4]))
            #expect(Set(try await store.credentials(project: "a").map(\.sealed)) == [[0, 1], [3, 0]])
            #expect(try await store.credentials(project: nil).map(\.sealed) == [[0, 1]])
            #expect(try await store.removeCredential(project: "a", scope: "r.example"))
            #expect(try await store.removeCredential(project: "a", scope: "r.example") == false)
            #expect(try await store.removeCredential(project: nil, scope: "r.example"))
            #expect(try await store.credentials(project: "b").map(\.sealed) == [[4]])
        }
    }

    // MARK: Contexts, webhooks, the audit log, duties

    @Test(arguments: StoreKind.allCases) func aContextIsAProjectsOwn(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let digest = try Digester.digest(of: "context".utf8)
            try await store.setContext(digest, project: "a", size: 5)
            try await store.setContext(digest, project: "a", size: 5)
            let idleTime = try await store.idleTime(ofContext: digest, project: "a")
            #expect(idleTime.map { $0 >= .zero && $0 < .seconds(60) } == true)
            #expect(try await store.idleTime(ofContext: digest, project: "b") == nil)
            #expect(try await store.removeContexts(usedBefore: try await store.now() + .seconds(-60)).isEmpty)
            let removed = try await store.removeContexts(usedBefore: try await store.now() + .seconds(60))
            #expect(removed.map(\.project) == ["a"] && removed.map(\.digest) == [digest])
            #expect(try await store.idleTime(ofContext: digest, project: "a") == nil)
        }
    }

    private static func image(_ name: String, of build: String, project: String = "a") throws -> ImageRecord {
        let platform = Platform(os: "linux", architecture: "amd64")
        var execution = ImageConfiguration.Execution()
        execution.env = ["A=naïve 🎡"]
        let configuration = ImageConfiguration(
            platform: platform, config: execution, rootfs: .init(diffIDs: []), history: [])
        let digest = try Digester.digest(of: build.utf8)
        let descriptor = Descriptor(mediaType: .manifest, digest: digest, size: 7)
        return ImageRecord(
            project: project, name: name, id: digest, build: build,
            documents: ImageDocuments(
                descriptor: descriptor, manifest: Manifest(config: descriptor, layers: []), configuration: configuration
            ))
    }

    @Test(arguments: StoreKind.allCases) func aNameIsOneImagesAtATime(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let first = try await Self.accept(store, try Self.new("first", project: "a")).id
            let second = try await Self.accept(store, try Self.new("second", project: "a")).id
            for name in ["r.example/app:1", "r.example/app:2"] { try await store.setImage(Self.image(name, of: first)) }
            try await store.setImage(Self.image("r.example/app:1", of: second, project: "b"))
            var images = try await store.images(project: "a")
            #expect(images.map(\.name) == ["r.example/app:2", "r.example/app:1"])
            #expect(images.allSatisfy { $0.namedAt.milliseconds > 0 })
            images[0].namedAt = ServerTime(milliseconds: 0)
            #expect(images[0] == (try Self.image("r.example/app:2", of: first)))
            // The name goes over, and becomes the last one.
            try await store.setImage(Self.image("r.example/app:1", of: second))
            #expect(try await store.images(project: "a").map(\.build) == [second, first])
            #expect(try await store.images(project: "b").map(\.build) == [second])
            #expect(try await store.removeImage("r.example/app:2", project: "b") == false)
            #expect(try await store.removeImage("r.example/app:2", project: "a"))
            #expect(try await store.removeImage("r.example/app:2", project: "a") == false)
            #expect(try await store.images(project: "a").map(\.name) == ["r.example/app:1"])
            // It goes with the build that made it.
            _ = try await store.requestCancellation(second)
            #expect(try await store.removeBuilds(endedBefore: store.now() + .seconds(60), limit: 10) == [second])
            #expect(try await store.images(project: "a") == [])
        }
    }

    @Test(arguments: StoreKind.allCases) func aWebhooksSecretIsSealedAnew(_ kind: StoreKind) async throws {
        try await kind.run { store in
            for id in ["h", "i"] {
                _ = try await store.addWebhook(
                    Webhook(id: id, project: "a", url: "https://x.example/", sealedSecret: [1, 0]), limit: 10)
            }
            try await store.setSealedSecret([2, 0, 255], ofWebhook: "i")
            #expect(try await store.webhooks(project: "a").map(\.sealedSecret) == [[1, 0], [2, 0, 255]])
        }
    }

    @Test(arguments: StoreKind.allCases) func webhooksAreToldOfEveryState(_ kind: StoreKind) async throws {
        try await kind.run { store in
            let hook = Webhook(id: "h", project: "a", url: "https://x.example/", sealedSecret: [1, 0])
            #expect(try await store.addWebhook(hook, limit: 1))
            #expect(try await store.addWebhook(hook, limit: 1) == false)
            #expect(try await store.webhooks(project: "a") == [hook])
            #expect(try await store.webhooks(project: "b") == [])
            let build = try await Self.accept(store, try Self.new(project: "a"))
            _ = try await Self.accept(store, try Self.new(project: "b"))
            let deliveries = try await store.claimDeliveries(limit: 10, leaseFor: Self.lease, excluding: [])
            #expect(deliveries.map(\.webhook) == [hook])
            #expect(deliveries.map(\.attempts) == [1])
            #expect(deliveries.first?.body.contains(build.id) == true)
            #expect(deliveries.first?.body.contains(#""state":"queued""#) == true)
            // Nobody else takes it meanwhile.
            #expect(try await store.claimDeliveries(limit: 10, leaseFor: Self.lease, excluding: []) == [])
            let id = try #require(deliveries.first).id
            try await store.endDelivery(id, delivered: false, again: Self.noLease)
            let again = try await store.claimDeliveries(limit: 10, leaseFor: Self.noLease, excluding: [])
            #expect(again.map(\.attempts) == [2])
            try await store.endDelivery(id, delivered: true, again: nil)
            #expect(try await store.claimDeliveries(limit: 10, leaseFor: Self.lease, excluding: []) == [])
            // What is still to be told goes with the webhook.
            _ = try await store.requestCancellation(build.id)
            #expect(try await store.removeWebhook("h", project: "b") == false)
            #expect(try await store.removeWebhook("h", project: "a"))
            #expect(try await store.claimDeliveries(limit: 10, leaseFor: Self.lease, excluding: []) == [])
        }
    }

    @Test(arguments: StoreKind.allCases) func aReceiverThatIsDownFillsNoDatabase(_ kind: StoreKind) async throws {
        try await kind.run { store in
            try await store.setProject(Project(name: "a", policy: ProjectPolicy(deliveryLimit: 3)))
            for (id, project) in [("h", "a"), ("i", "b")] {
                let hook = Webhook(id: id, project: project, url: "https://x.example/", sealedSecret: [1])
                #expect(try await store.addWebhook(hook, limit: 1))
            }
            for _ in 0..<5 { _ = try await Self.accept(store, try Self.new(project: "a")) }
            for _ in 0..<2 { _ = try await Self.accept(store, try Self.new(project: "b")) }
            // Whose receivers keep others waiting is passed over.
            let others = try await store.claimDeliveries(limit: 10, leaseFor: Self.noLease, excluding: ["a", "c"])
            #expect(others.map(\.webhook.id) == ["i", "i"])
            #expect(try await store.claimDeliveries(limit: 10, leaseFor: Self.lease, excluding: ["a", "b"]) == [])
            let all = try await store.claimDeliveries(limit: 10, leaseFor: Self.noLease, excluding: [])
            #expect(all.map(\.webhook.id).sorted() == ["h", "h", "h", "i", "i"])
            // There is room again for one.
            let first = try #require(all.first { $0.webhook.id == "h" })
            try await store.endDelivery(first.id, delivered: true, again: nil)
            for _ in 0..<2 { _ = try await Self.accept(store, try Self.new(project: "a")) }
            let again = try await store.claimDeliveries(limit: 10, leaseFor: Self.lease, excluding: ["b"])
            #expect(again.count == 3 && !again.map(\.id).contains(first.id))
        }
    }

    @Test(arguments: StoreKind.allCases) func theAuditLogIsReadNewestFirst(_ kind: StoreKind) async throws {
        try await kind.run { store in
            for number in 0..<4 {
                try await store.audit(
                    actor: "me", action: "build.create", subject: "\(number)", project: number < 3 ? "a" : nil,
                    requestID: "r\(number)")
            }
            #expect(try await store.auditEntries(project: "a", limit: 2).map(\.subject) == ["2", "1"])
            let all = try await store.auditEntries(project: nil, limit: 10)
            #expect(all.map(\.subject) == ["3", "2", "1", "0"])
            #expect(all.map(\.requestID) == ["r3", "r2", "r1", "r0"])
        }
    }

    @Test(arguments: StoreKind.allCases) func aDutyIsOneHoldersAtATime(_ kind: StoreKind) async throws {
        try await kind.run { store in
            #expect(try await store.takeDuty("sweep", holder: "a", for: Self.lease))
            #expect(try await store.takeDuty("sweep", holder: "b", for: Self.lease) == false)
            #expect(try await store.takeDuty("sweep", holder: "a", for: Self.lease))
            #expect(try await store.takeDuty("other", holder: "b", for: Self.lease))
            try await store.leaveDuty("sweep", holder: "b")
            #expect(try await store.takeDuty("sweep", holder: "b", for: Self.lease) == false)
            try await store.leaveDuty("sweep", holder: "a")
            #expect(try await store.takeDuty("sweep", holder: "b", for: Self.noLease))
            #expect(try await store.takeDuty("sweep", holder: "a", for: Self.lease))
        }
    }
}
