import Content
import Diagnostics
import OCI
import Registry
import RegistryTesting
import TestSupport
import Testing
import Transfer

/// Blobs that go from one registry to another without lying anywhere on the way.
@Suite struct RelayTests {
    private static let blob = Result { try Blob(sampleBytes(5 << 20)) }

    struct Row: Sendable, CustomTestStringConvertible {
        let name: String
        var source: [Fault] = []
        var target: [Fault] = []
        var style = RegistryProfile.UploadStyle.chunked(above: 1 << 20)
        /// Which parts the source was asked for; nil where that depends on how far a break was heard.
        var parts: [String?]? = RelayTests.even
        var testDescription: String { name }
    }

    private static let busy = LoopbackResponse(503, headers: [("Retry-After", "7")])
    static let even = (0..<5).map { "bytes=\($0 << 20)-\(($0 + 1) << 20 - 1)" }

    static let rows = [
        Row(name: "in one request", style: .whole, parts: [nil]),
        Row(name: "in chunks"),
        Row(
            name: "a source that breaks off",
            source: [Fault(.cut(after: 300_000), on: "GET", path: "/blobs/", times: 2)],
            style: .whole,
            parts: [nil, nil, nil]),
        Row(
            name: "a source that breaks off in a chunk",
            source: [Fault(.cut(after: 300_000), on: "GET", path: "/blobs/", skipping: 1, times: 1)], parts: nil),
        Row(
            name: "a source that is busy",
            source: [Fault(.answer(busy), on: "GET", path: "/blobs/", times: 2)],
            parts: [even[0], even[0]] + even),
        Row(name: "a slow source", source: [Fault(.slow(.milliseconds(1)), path: "/blobs/")]),
        Row(name: "a slow target", target: [Fault(.slow(.milliseconds(1)), on: "PATCH")]),
        Row(
            name: "a slow target of a whole body", target: [Fault(.slow(.milliseconds(1)), on: "PUT")], style: .whole,
            parts: [nil]),
        Row(
            name: "a target that breaks off and keeps a part",
            target: [Fault(.breakOff(afterReceiving: 1 << 19), on: "PATCH", skipping: 1, times: 1)],
            parts: even[...1] + [
                "bytes=1572864-2621439", "bytes=2621440-3670015", "bytes=3670016-4718591", "bytes=4718592-5242879",
            ]),
        Row(
            name: "a target that loses the session", target: [Fault(.loseSession, on: "PATCH", skipping: 1, times: 1)],
            parts: even[...1] + even),
    ]

    private func client(_ style: RegistryProfile.UploadStyle = .whole) -> RegistryClient {
        RegistryClient(
            client: HTTPClient(), retrier: Retrier(time: TestTime().source),
            profile: { _ in
                var profile = RegistryProfile()
                profile.uploads = style
                return profile
            })
    }

    private func relay(_ client: RegistryClient, _ source: TestRegistry, _ target: TestRegistry) async throws {
        let descriptor = SampleImage.descriptor(try Self.blob.get())
        let origin = try source.reference("app")
        _ = try await client.push(descriptor, to: target.reference("app")) {
            try #require(try await client.relayed(descriptor, from: origin))
        }
    }

    @Test(arguments: rows)
    func aBlobGoesThrough(_ row: Row) async throws {
        let blob = try Self.blob.get()
        let bytes = try blob.readAll()
        try await TestRegistry.run(faults: row.source) { source in
            try source.putBlob(bytes, in: "app")
            try await TestRegistry.run(access: .bearer(), faults: row.target) { target in
                try await relay(client(row.style), source, target)
                #expect(target.blob(blob.digest, in: "app") == bytes)
                #expect(source.requests.allSatisfy { $0.method == "GET" && $0.path.contains("/blobs/") })
                if let parts = row.parts { #expect(source.requests.map { $0.header("Range") } == parts) }
            }
        }
    }

    @Test func aSourceThatWantsATokenGetsOne() async throws {
        let blob = try Self.blob.get()
        try await TestRegistry.run(access: .bearer()) { source in
            try source.putBlob(blob.readAll(), in: "app")
            try await TestRegistry.run(access: .bearer()) { target in
                try await relay(client(.chunked(above: 1 << 20)), source, target)
                #expect(target.blob(blob.digest, in: "app") != nil)
                #expect(source.requests.filter { $0.path == "/token" }.count == 1)
                // One question without a token, and a part each.
                #expect(source.requests.filter { $0.path.contains("/blobs/") }.count == 6)
            }
        }
    }

    @Test func aSourceThatKnowsNoPartsSendsAllOfIt() async throws {
        let blob = try Self.blob.get()
        let bytes = try blob.readAll()
        let whole = LoopbackResponse(200, body: bytes)
        try await TestRegistry.run(faults: [Fault(.answer(whole), on: "GET", path: "/blobs/")]) { source in
            try await TestRegistry.run { target in
                try await relay(client(.chunked(above: 2 << 20)), source, target)
                #expect(target.blob(blob.digest, in: "app") == bytes)
            }
        }
    }

    /// The bytes are checked here, too, before the last of them goes out.
    @Test(arguments: [RegistryProfile.UploadStyle.whole, .chunked(above: 1 << 20)])
    func otherBytesDoNotArrive(style: RegistryProfile.UploadStyle) async throws {
        let blob = try Self.blob.get()
        let others = LoopbackResponse(200, body: sampleBytes(5 << 20, seed: 9))
        try await TestRegistry.run(faults: [Fault(.answer(others), on: "GET", path: "/blobs/")]) { source in
            try await TestRegistry.run { target in
                let error = try await #require(throws: TransferError.self) {
                    try await relay(client(style), source, target)
                }
                #expect(error.code == .contentMismatch && error.message.contains("\(blob.digest)"))
                #expect(target.blob(blob.digest, in: "app") == nil)
            }
        }
    }

    @Test func aBlobThatTheSourceLacksIsItsError() async throws {
        try await TestRegistry.run { source in
            try await TestRegistry.run { target in
                let error = try await #require(throws: RegistryError.self) {
                    try await relay(client(), source, target)
                }
                #expect(error.code == .notFound && error.message.contains(source.host))
            }
        }
    }

    @Test(.timeLimit(.minutes(10))) func cancellingEndsBothSides() async throws {
        let bytes = try Self.blob.get().readAll()
        try await TestRegistry.run { source in
            try source.putBlob(bytes, in: "app")
            let hung = [Fault(.stall(afterReceiving: 1 << 20), on: "PUT")]
            try await TestRegistry.run(faults: hung) { target in
                let client = client()
                let task = Task { try await relay(client, source, target) }
                try await eventually("the target hangs") { target.requests.contains { $0.method == "PUT" } }
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
        }
    }
}
