import Content
import Diagnostics
import OCI
import Registry
import RegistryTesting
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Transfer

/// How blobs get to registries that take them in their own ways, and to those that lose them on the way.
@Suite struct UploadTests {
    private let time = TestTime()
    private let blob: Blob

    init() throws { blob = try Blob(sampleBytes(400_000)) }

    private static let chunked = RegistryProfile.UploadStyle.chunked(above: 100_000)

    private func makeClient(
        _ uploads: RegistryProfile.UploadStyle = chunked, policy: RetryPolicy = RetryPolicy(),
        records: (any RecordStore)? = nil
    ) -> RegistryClient {
        RegistryClient(
            client: HTTPClient(), retrier: Retrier(policy: policy, time: time.source), records: records,
            profile: { _ in
                var profile = RegistryProfile()
                profile.uploads = uploads
                return profile
            })
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        let faults: [Fault]
        let style: RegistryProfile.UploadStyle
        /// The first byte of each chunk, in order, and then the length of the last request's body.
        let starts: [Int]
        let last: Int
        var testDescription: String { name }

        init(
            _ name: String, _ faults: [Fault], _ style: RegistryProfile.UploadStyle = UploadTests.chunked,
            starts: [Int], last: Int = 0
        ) {
            (self.name, self.faults, self.style, self.starts, self.last) = (name, faults, style, starts, last)
        }
    }

    private static func once(_ effect: Fault.Effect, on method: String = "PATCH", after count: Int = 1) -> Fault {
        Fault(effect, on: method, path: "/uploads/", skipping: count, times: 1)
    }

    private static let busy = LoopbackResponse(429, headers: [("Retry-After", "7")], text: "slow down")
    private static let even = [0, 100_000, 200_000, 300_000]

    static let rows = [
        Row("all is well", [], starts: even),
        Row("a small blob goes at once", [], .chunked(above: 400_000), starts: [], last: 400_000),
        Row(
            "a break is gone on from (moby#27623)", [once(.breakOff(afterReceiving: 30_000))],
            starts: [
                0, 100_000, 130_000, 230_000, 330_000,
            ]),
        Row(
            "a break whose bytes are not kept", [once(.hangUp(afterReceiving: 30_000))],
            starts: [
                0, 100_000, 100_000, 200_000, 300_000,
            ]),
        Row("a lost answer is asked for", [once(.cut(after: 0))], starts: even),
        Row("a short Range is believed", [once(.shortRange(40_000))], starts: [0, 100_000, 140_000, 240_000, 340_000]),
        Row("a lost session is begun anew", [once(.loseSession)], starts: [0, 100_000] + even),
        Row(
            "a status that is unknown",
            [
                once(.answer(LoopbackResponse(500, text: "oops"))),
                once(.answer(LoopbackResponse(404)), on: "GET", after: 0),
            ], starts: [0, 100_000] + even),
        Row(
            "a busy registry (containerd#10447)", [once(.answer(busy))],
            starts: [0, 100_000, 100_000, 200_000, 300_000]),
        Row(
            "no chunks: Artifact Registry (kitops#777)",
            [
                Fault(.answer(LoopbackResponse(405, text: "no")), on: "PATCH")
            ], starts: [0], last: 400_000),
        Row(
            "small chunks alone: GHCR (rust-oci-client#35)",
            [
                Fault(.refuseBodies(above: 50_000, status: 416), on: "PATCH")
            ], starts: [0], last: 400_000),
        Row("201 to a chunk: ECR", [Fault(.answer(LoopbackResponse(201)), on: "PATCH")], starts: [0], last: 400_000),
        Row(
            "404 to POST and PUT: Artifactory (buildkit#1130)",
            [
                Fault(.answer(LoopbackResponse(404, text: "not found")), on: "PUT", path: "/uploads/", times: 1)
            ], .chunked(above: 400_000), starts: [0]),
        Row("Artifactory, by its profile", [], .alwaysChunked, starts: [0]),
        Row("a relative location (oras-go#177)", [Fault(.relativeLocation)], starts: even),
        Row("no location after the first", [Fault(.field(name: "Location", value: nil), on: "PATCH")], starts: even),
        Row("no Range", [Fault(.field(name: "Range", value: nil), on: "PATCH")], starts: even),
        Row(
            "larger chunks are wanted",
            [
                Fault(.field(name: "OCI-Chunk-Min-Length", value: "150000"), on: "POST")
            ], starts: [0, 150_000, 300_000]),
        Row(
            "a refused end",
            [
                Fault(.answer(LoopbackResponse(400, text: "no")), on: "PUT", path: "/uploads/", times: 1)
            ], starts: even, last: 400_000),
    ]

    @Test(arguments: rows)
    func aBlobArrives(_ row: Row) async throws {
        let blob = blob
        try await TestRegistry.run(faults: row.faults) { registry in
            let outcome = try await makeClient(row.style).push(
                SampleImage.descriptor(blob), to: registry.reference("app")
            ) { blob }
            #expect(outcome == .pushed)
            #expect(try registry.blob(blob.digest, in: "app") == blob.readAll())
            #expect(Self.starts(registry) == row.starts)
            #expect(registry.requests.last { $0.method == "PUT" }?.header("Content-Length") == "\(row.last)")
        }
    }

    private static func starts(_ registry: TestRegistry) -> [Int] {
        registry.requests.compactMap { $0.header("Content-Range") }.compactMap { Int($0.prefix { $0 != "-" }) }
    }

    /// Docker Hub's tokens last for 300 seconds (buildx#324).
    @Test func aTokenThatExpiresBetweenChunksIsRenewed() async throws {
        let blob = blob
        let faults = [Self.once(.expireToken), Self.once(.expireToken, on: "PUT", after: 0)]
        try await TestRegistry.run(access: .bearer(), faults: faults) { registry in
            _ = try await makeClient().push(SampleImage.descriptor(blob), to: registry.reference("app")) { blob }
            #expect(registry.blob(blob.digest, in: "app") != nil)
            #expect(Self.starts(registry) == [0, 100_000, 100_000, 200_000, 300_000])
            #expect(registry.requests.filter { $0.path == "/token" }.count == 3)
            #expect(time.waits == [])
        }
    }

    /// What stands before a registry may take no long body, in whichever request it comes.
    @Test func longBodiesAreCutUntilTheyAreTaken() async throws {
        let blob = try Blob(sampleBytes(5 << 20))
        try await TestRegistry.run(faults: [Fault(.refuseBodies(above: 4 << 20, status: 413))]) { registry in
            let client = RegistryClient(client: HTTPClient(), retrier: Retrier(time: time.source))
            _ = try await client.push(SampleImage.descriptor(blob), to: registry.reference("app")) { blob }
            #expect(registry.blob(blob.digest, in: "app") != nil)
            #expect(Self.starts(registry) == [0, 0, 4 << 20])
        }
    }

    @Test func whatNoWayIsTakenForIsTheRegistrysError() async throws {
        let blob = blob
        try await TestRegistry.run(faults: [Fault(.refuseBodies(above: 1000, status: 413))]) { registry in
            let error = try await #require(throws: RegistryError.self) {
                try await makeClient().push(SampleImage.descriptor(blob), to: registry.reference("app")) { blob }
            }
            #expect(error.code == .refused && error.message.contains("SIZE_INVALID"))
            #expect(time.waits == [])
        }
    }

    @Test func aSessionThatIsAlwaysLostIsGivenUp() async throws {
        let blob = blob
        try await TestRegistry.run(faults: [Fault(.loseSession, on: "PATCH"), Fault(.loseSession, on: "PUT")]) {
            registry in
            let error = try await #require(throws: RegistryError.self) {
                try await makeClient().push(SampleImage.descriptor(blob), to: registry.reference("app")) { blob }
            }
            #expect(error.code == .uploadLost)
            #expect(registry.requests.filter { $0.method == "POST" }.count <= 2 * RetryPolicy().attempts)
        }
    }

    // MARK: The next run of the program

    @Test func theNextRunGoesOn() async throws {
        let directory = try TemporaryDirectory()
        let records = try DirectoryRecordStore(directory.path.appending("records"))
        // From a file, of which any part is read at once.
        let blob = try store(blob, in: directory)
        let fault = Self.once(.breakOff(afterReceiving: 30_000), after: 2)
        try await TestRegistry.run(faults: [fault]) { registry in
            let name = try registry.reference("app")
            let error = try await #require(throws: TransferError.self) {
                try await makeClient(policy: .never, records: records).push(SampleImage.descriptor(blob), to: name) {
                    blob
                }
            }
            #expect(!"\(error)".contains("secret"))
            let first = registry.requests.count
            _ = try await makeClient(records: records).push(SampleImage.descriptor(blob), to: name) { blob }
            #expect(registry.requests[first...].map(\.method) == ["HEAD", "GET", "PATCH", "PATCH", "PUT"])
            #expect(Self.starts(registry).suffix(2) == [230_000, 330_000])
            #expect(try registry.blob(blob.digest, in: "app") == blob.readAll())
            // The location may be as good as a password: nobody else reads it, and no name holds it.
            let kept = try directory.files().filter { $0.contains("uploads") }
            #expect(kept.count == 1)
            let file = directory.path.pushing(FilePath(kept[0]))
            #expect(try (FileSystem.status(file)?.mode ?? 0) & 0o777 == 0o600)
            #expect(try !String(decoding: FileSystem.read(file), as: UTF8.self).contains("secret"))
            // What came to its end is not asked for again.
            registry.removeBlobs(of: "app")
            let second = registry.requests.count
            _ = try await makeClient(records: records).push(SampleImage.descriptor(blob), to: name) { blob }
            #expect(registry.requests[second...].prefix(2).map(\.method) == ["HEAD", "POST"])
        }
    }

    private func store(_ blob: Blob, in directory: TemporaryDirectory) throws -> Blob {
        let writer = try directory.store().makeWriter()
        try blob.readAll().withUnsafeBytes { try writer.write($0) }
        return try writer.commit(expecting: blob.digest)
    }

    /// docker-registry takes no part of a chunk that broke; what it has in whole chunks it goes on from, unless it was started
    /// again and does not know its own signature any more.
    @Test(arguments: [false, true])
    func dockersRegistryGoesOnAfterAWholeChunk(isRestarted: Bool) async throws {
        struct Interrupted: Error {}
        let bytes = sampleBytes(3 << 20)
        let whole = try Blob(bytes)
        let opened = Mutex(0)
        let blob = Blob(digest: whole.digest, size: whole.size) {
            guard
                opened.withLock({
                    $0 += 1; return $0
                }) != 3
            else { throw Interrupted() }
            return MemoryReader(bytes)
        }
        let directory = try TemporaryDirectory()
        let records = try DirectoryRecordStore(directory.path.appending("records"))
        try await DockerRegistry.run { registry in
            let name = try Reference("\(registry.host)/app")
            func push() async throws {
                _ = try await makeClient(.chunked(above: 1 << 20), records: records).push(
                    SampleImage.descriptor(blob), to: name
                ) { blob }
            }
            await #expect(throws: Interrupted.self) { try await push() }
            if isRestarted {
                registry.stop()
                try await registry.start()
            }
            try await push()
            // One chunk was missing, or all three.
            #expect(opened.withLock { $0 } == (isRestarted ? 6 : 4))
            let pulled = try await makeClient().pull(
                SampleImage.descriptor(whole), from: name, into: directory.store())
            #expect(pulled.digest == whole.digest)
        }
    }
}
