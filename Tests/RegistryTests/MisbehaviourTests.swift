import Content
import Diagnostics
import OCI
import Registry
import RegistryTesting
import Synchronization
import TestSupport
import Testing
import Transfer

/// Against a registry that does what registries were seen to do.
@Suite struct MisbehaviourTests {
    private let time = TestTime()
    private let blob: Blob

    init() throws { blob = try Blob(sampleBytes(400_000)) }

    private func makeClient(_ credentials: any CredentialSource = Anonymous()) -> RegistryClient {
        RegistryClient(client: HTTPClient(), credentials: credentials, retrier: Retrier(time: time.source))
    }

    private struct Known: CredentialSource {
        func credential(for registry: String) -> Credential? { Credential(user: "me", password: Secret("pw")) }
    }

    private static let busy = LoopbackResponse(429, headers: [("Retry-After", "7")], text: "slow down")

    static let passing: [(String, [Fault])] = [
        ("relative location", [Fault(.relativeLocation, on: "POST")]),
        ("busy at first", [Fault(.answer(busy), on: "POST", times: 2)]),
        ("busy at the head", [Fault(.answer(busy), on: "HEAD", times: 1)]),
        ("failing", [Fault(.answer(LoopbackResponse(503, text: "no")), on: "PUT", path: "uploads", times: 3)]),
        ("hanging up at once", [Fault(.hangUp(afterReceiving: 0), on: "POST", times: 1)]),
        ("hanging up in an upload", [Fault(.hangUp(afterReceiving: 100_000), on: "PUT", path: "uploads", times: 2)]),
        ("losing the session", [Fault(.loseSession, on: "PUT", path: "uploads", times: 1)]),
        (
            "plain text errors",
            [Fault(.answer(LoopbackResponse(500, text: "oops")), on: "PUT", path: "manifests", times: 1)]
        ),
        ("no digest in the head", [Fault(.field(name: "Docker-Content-Digest", value: nil), on: "HEAD")]),
        ("no head at all", [Fault(.answer(LoopbackResponse(405)), on: "HEAD", path: "manifests")]),
        // The answer gets lost after the blob arrived: the next attempt finds it there.
        ("losing an answer", [Fault(.cut(after: 0), on: "PUT", path: "uploads", times: 1)]),
    ]

    @Test(arguments: passing)
    func aPushComesToItsEnd(_ name: String, faults: [Fault]) async throws {
        let image = try SampleImage()
        try await TestRegistry.run(faults: faults) { registry in
            let client = makeClient()
            let reference = try registry.reference("team/app:1")
            try await image.push(PushSession(client, to: reference), tags: ["1"])
            #expect(registry.digest(ofTag: "1", in: "team/app") == image.manifest.descriptor.digest.description)
            for blob in image.blobs { #expect(try registry.blob(blob.digest, in: "team/app") == blob.readAll()) }
            #expect(try await client.resolve(reference) == image.manifest.descriptor)
        }
    }

    @Test func retryAfterIsWaitedFor() async throws {
        try await TestRegistry.run(faults: [Fault(.answer(Self.busy), on: "POST", times: 2)]) { registry in
            let blob = blob
            _ = try await makeClient().push(SampleImage.descriptor(blob), to: registry.reference("a")) { blob }
            #expect(time.waits.filter { $0 > .seconds(1) } == [.seconds(7), .seconds(7)])
            // What comes in between is slower than before, and not much.
            #expect(time.waits.allSatisfy { $0 == .seconds(7) || $0 <= .milliseconds(100) })
        }
    }

    @Test func aRegistryThatStaysBrokenIsGivenUp() async throws {
        let fault = Fault(.answer(LoopbackResponse(503, text: "out of order")), on: "POST")
        try await TestRegistry.run(faults: [fault]) { registry in
            let blob = blob
            let error = try await #require(throws: RegistryError.self) {
                try await makeClient().push(SampleImage.descriptor(blob), to: registry.reference("a")) { blob }
            }
            #expect(error.code == .unavailable)
            #expect(error.message.contains("out of order"))
            #expect(registry.requests.filter { $0.method == "POST" }.count == RetryPolicy().attempts)
        }
    }

    static let mounts: [(String, Fault, BlobOutcome)] = [
        ("mounted", Fault(.field(name: "X-Nothing", value: "1")), .mounted),
        ("ignored (harbor#22863)", Fault(.ignoreMount, on: "POST"), .pushed),
        ("400 (ggcr#1679)", Fault(.answer(LoopbackResponse(400)), on: "POST", query: "mount"), .pushed),
        ("401", Fault(.answer(LoopbackResponse(401)), on: "POST", query: "mount"), .pushed),
        ("404", Fault(.answer(LoopbackResponse(404)), on: "POST", query: "mount"), .pushed),
        ("405", Fault(.answer(LoopbackResponse(405)), on: "POST", query: "mount"), .pushed),
    ]

    @Test(arguments: mounts)
    func mountsFallBackToUploads(_ name: String, fault: Fault, expected: BlobOutcome) async throws {
        try await TestRegistry.run(faults: [fault]) { registry in
            let blob = blob
            try registry.putBlob(try blob.readAll(), in: "base")
            let outcome = try await makeClient().push(
                SampleImage.descriptor(blob), to: registry.reference("app"), mountingFrom: [registry.reference("base")]
            ) { blob }
            #expect(outcome == expected)
            #expect(registry.blob(blob.digest, in: "app") != nil)
            // A session that the mount opened is gone on with.
            if case .ignoreMount = fault.effect { #expect(registry.requests.filter { $0.method == "POST" }.count == 1) }
        }
    }

    @Test func nothingIsMountedFromAnotherRegistry() async throws {
        try await TestRegistry.run { registry in
            let blob = blob
            let elsewhere = try Reference("registry.example/base")
            _ = try await makeClient().push(
                SampleImage.descriptor(blob), to: registry.reference("app"), mountingFrom: [elsewhere]
            ) { blob }
            #expect(registry.requests.allSatisfy { $0.query("mount") == nil })
        }
    }

    @Test func credentialsStayWithTheRegistry() async throws {
        try await TestRegistry.run(access: .bearer(user: "me", password: "pw")) { home in
            try await TestRegistry.run(sharing: home) { storage in
                let faults = [
                    Fault(.otherOrigin(storage.origin), on: "POST"),
                    Fault(.otherOrigin(storage.origin), on: "GET", path: "/blobs/"),
                ]
                try await TestRegistry.run(
                    access: .bearer(user: "me", password: "pw"), faults: faults, sharing: home
                ) { registry in
                    let client = makeClient(Known())
                    let reference = try registry.reference("app")
                    let blob = blob
                    let outcome = try await client.push(SampleImage.descriptor(blob), to: reference) { blob }
                    #expect(outcome == .pushed)
                    let directory = try TemporaryDirectory()
                    _ = try await client.pull(SampleImage.descriptor(blob), from: reference, into: directory.store())
                    #expect(storage.requests.map(\.method) == ["PUT", "GET"])
                    #expect(storage.requests.allSatisfy { $0.header("Authorization") == nil })
                    #expect(registry.requests.contains { $0.header("Authorization")?.hasPrefix("Bearer") == true })
                }
            }
        }
    }

    @Test func anUploadIsRedirectedWithoutCredentials() async throws {
        try await TestRegistry.run { storage in
            let blob = blob
            let session = try await sessionPath(of: storage)
            let redirect = LoopbackResponse(
                307, headers: [("Location", "\(storage.origin)\(session)&digest=\(blob.digest)")])
            try await TestRegistry.run(
                access: .basic(user: "me", password: "pw"),
                faults: [Fault(.answer(redirect), on: "PUT", path: "uploads")]
            ) { registry in
                _ = try await makeClient(Known()).push(SampleImage.descriptor(blob), to: registry.reference("app")) {
                    blob
                }
                #expect(storage.blob(blob.digest, in: "app") != nil)
                #expect(storage.requests.allSatisfy { $0.header("Authorization") == nil })
                #expect(registry.requests.last?.header("Authorization")?.hasPrefix("Basic") == true)
            }
        }
    }

    /// Opens an upload in a registry and tells its path.
    private func sessionPath(of registry: TestRegistry) async throws -> String {
        let request = HTTPRequest(.post, try HTTPURL("\(registry.origin)/v2/app/blobs/uploads/"))
        let location = try await HTTPClient().send(request).headers["Location"]
        return String(try #require(location).dropFirst(registry.origin.count))
    }

    @Test func tokensAreAskedForOnceAndRenewed() async throws {
        let expiry = Fault(.expireToken, on: "PUT", path: "uploads", times: 1)
        try await TestRegistry.run(access: .bearer(user: "me", password: "pw", lifetime: 100), faults: [expiry]) {
            registry in
            let client = makeClient(Known())
            let reference = try registry.reference("app")
            let first = blob
            _ = try await client.push(SampleImage.descriptor(first), to: reference) { first }
            func tokens() -> Int { registry.requests.filter { $0.path == "/token" }.count }
            // One to begin with, one because the first expired in the middle of the upload.
            #expect(tokens() == 2)
            let second = try Blob(sampleBytes(100, seed: 9))
            _ = try await client.push(SampleImage.descriptor(second), to: reference) { second }
            #expect(tokens() == 2)
            // Not expired yet, but soon: renewed before anybody refuses it.
            time.advance(by: .seconds(81))
            let refusals = registry.requests.count
            #expect(try await client.hasBlob(second.digest, in: reference))
            let third = try Blob(sampleBytes(100, seed: 10))
            _ = try await client.push(SampleImage.descriptor(third), to: reference) { third }
            #expect(
                registry.requests[refusals...].allSatisfy { $0.path == "/token" || $0.header("Authorization") != nil })
            #expect(registry.requests.filter { $0.path == "/token" }.allSatisfy { $0.query("service") == "test" })
        }
    }

    @Test func theTargetsScopeComesFirstAndTheSourcesFollows() async throws {
        try await TestRegistry.run(access: .bearer()) { registry in
            let blob = blob
            try registry.putBlob(try blob.readAll(), in: "base")
            let outcome = try await makeClient().push(
                SampleImage.descriptor(blob), to: registry.reference("app"), mountingFrom: [registry.reference("base")]
            ) { blob }
            #expect(outcome == .mounted)
            let scopes = registry.requests.filter { $0.path == "/token" }.map {
                $0.query.filter { $0.name == "scope" }.map(\.value)
            }
            #expect(scopes == [["repository:app:pull,push"], ["repository:app:pull,push", "repository:base:pull"]])
        }
    }

    @Test func wrongCredentialsAreAskedOnceAndNotShown() async throws {
        try await TestRegistry.run(access: .bearer(user: "me", password: "other")) { registry in
            let error = try await #require(throws: RegistryError.self) {
                try await makeClient(Known()).resolve(registry.reference("app"))
            }
            #expect(error.code == .unauthorised)
            #expect(error.message.contains("incorrect username or password"))
            #expect(time.waits == [])
        }
    }

    @Test func aTokenServiceThatRedirectsIsNotFollowed() async throws {
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(200, text: #"{"token":"x"}"#) }) { thief in
            let away = LoopbackResponse(307, headers: [("Location", thief.origin)])
            try await TestRegistry.run(access: .bearer(), faults: [Fault(.answer(away), path: "/token")]) { registry in
                await #expect(throws: RegistryError.self) {
                    try await makeClient(Known()).resolve(registry.reference("app"))
                }
                #expect(thief.requests.isEmpty)
            }
        }
    }

    @Test func contentIsCheckedAgainstItsDigest() async throws {
        let image = try SampleImage()
        let wrong = "sha256:" + String(repeating: "0", count: 64)
        try await TestRegistry.run(
            faults: [Fault(.field(name: "Docker-Content-Digest", value: wrong), on: "GET", path: "manifests")]
        ) { registry in
            try registry.putManifest(image.manifest.bytes, .manifest, in: "app", tag: "1")
            let error = try await #require(throws: RegistryError.self) {
                try await makeClient().manifest(registry.reference("app:1"))
            }
            #expect(error.code == .contentMismatch)
            #expect(error.message.contains(wrong))
        }
        let other = LoopbackResponse(200, body: sampleBytes(400_000, seed: 77))
        try await TestRegistry.run(faults: [Fault(.answer(other), on: "GET", path: "blobs")]) { registry in
            let directory = try TemporaryDirectory()
            let error = try await #require(throws: TransferError.self) {
                try await makeClient().pull(
                    SampleImage.descriptor(blob), from: registry.reference("app"), into: directory.store())
            }
            #expect(error.code == .contentMismatch)
            #expect("\(error)".contains("\(blob.digest)"))
            #expect(try directory.files() == [])
        }
    }

    @Test func aBrokenPullGoesOnWhereItEnded() async throws {
        try await TestRegistry.run(faults: [Fault(.cut(after: 150_000), on: "GET", path: "blobs", times: 2)]) {
            registry in
            try registry.putBlob(try blob.readAll(), in: "app")
            let directory = try TemporaryDirectory()
            let pulled = try await makeClient().pull(
                SampleImage.descriptor(blob), from: registry.reference("app"), into: directory.store())
            #expect(try pulled.readAll() == blob.readAll())
            #expect(registry.requests.map { $0.header("Range") } == [nil, "bytes=150000-", "bytes=300000-"])
        }
    }

    @Test func aBlobHandedInTwiceIsUploadedOnce() async throws {
        try await TestRegistry.run { registry in
            let blob = blob
            let reports = Mutex(0)
            let session = PushSession(makeClient(), to: try registry.reference("app")) { _ in
                reports.withLock { $0 += 1 }
            }
            try await withThrowingTaskGroup(of: BlobOutcome.self) { group in
                for _ in 0..<8 { group.addTask { try await session.push(SampleImage.descriptor(blob)) { blob } } }
                for try await outcome in group { #expect(outcome == .pushed) }
            }
            #expect(registry.requests.filter { $0.method == "PUT" }.count == 1)
            #expect(reports.withLock { $0 } == 1)
        }
    }

    @Test func aManifestWithoutItsBlobsIsRefusedInTheRegistrysWords() async throws {
        let image = try SampleImage()
        try await TestRegistry.run { registry in
            let error = try await #require(throws: RegistryError.self) {
                try await makeClient().put(image.manifest, to: registry.reference("app"), tag: "1")
            }
            #expect(error.code == .blobUnknown)
            #expect(error.message.contains("MANIFEST_BLOB_UNKNOWN: blob unknown to registry"))
        }
    }

    @Test func aTagThatIsThereAlreadyIsNotWrittenAgain() async throws {
        let image = try SampleImage()
        let immutable = Fault(.answer(LoopbackResponse(400, text: "tag is immutable")), on: "PUT", path: "manifests")
        try await TestRegistry.run(faults: [immutable]) { registry in
            try registry.putManifest(image.manifest.bytes, .manifest, in: "app", tag: "1")
            try await makeClient().put(image.manifest, to: registry.reference("app"), tag: "1")
            #expect(registry.requests.map(\.method) == ["HEAD"])
        }
    }

    @Test(.timeLimit(.minutes(10))) func cancellingAPushEndsItsWaitsAndUploads() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        try await LoopbackServer.run(answering: { request in
            guard request.method == "PUT" else {
                return request.method == "HEAD"
                    ? LoopbackResponse(404) : LoopbackResponse(202, headers: [("Location", "/upload")])
            }
            arrived.yield()
            for await _ in gate {}
            return LoopbackResponse(201)
        }) { server in
            let blobs = try (0..<6).map { try Blob(sampleBytes(1000, seed: UInt64($0) + 50)) }
            let session = PushSession(makeClient(), to: try Reference("\(server.host)/app"))
            let task = Task {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for blob in blobs {
                        group.addTask { try await session.push(SampleImage.descriptor(blob)) { blob } }
                    }
                    try await group.waitForAll()
                }
            }
            for await _ in arrivals { break }
            let elapsed = await ContinuousClock().measure {
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
            #expect(elapsed < .seconds(15))  // the server would never answer; the bound is for a loaded machine
            opener.finish()
        }
    }
}
