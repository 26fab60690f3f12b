import Content
import OCI
import Registry
import RegistryTesting
import Synchronization
import TestSupport
import Testing
import Transfer

/// Pushes of one process that have a layer in common, each with a client of its own, as a server's builds have.
@Suite struct SharedUploadTests {
    /// Stands before a registry and lets nobody open an upload of a blob before so many have asked for it.
    private final class Crowd: Sendable {
        private let state = Mutex((asked: 0, waiting: [CheckedContinuation<Void, Never>]()))
        private let size: Int
        private let blob: Digest

        init(_ size: Int, at blob: Digest) { (self.size, self.blob) = (size, blob) }

        func pass(_ request: LoopbackRequest) async {
            if request.method == "HEAD", request.path.hasSuffix("/blobs/\(blob)") {
                let ready = state.withLock { state in
                    state.asked += 1
                    guard state.asked >= size else { return [CheckedContinuation<Void, Never>]() }
                    defer { state.waiting = [] }
                    return state.waiting
                }
                for continuation in ready { continuation.resume() }
            } else if request.method == "POST" {
                await withCheckedContinuation { continuation in
                    let isReady = state.withLock { state in
                        if state.asked < size { state.waiting.append(continuation) }
                        return state.asked >= size
                    }
                    if isReady { continuation.resume() }
                }
            }
        }
    }

    private func client() -> RegistryClient {
        RegistryClient(client: HTTPClient(), retrier: Retrier(time: TestTime().source))
    }

    @Test func aLayerOfTwoPushesIsUploadedOnce() async throws {
        let images = try [SampleImage(seed: 1), SampleImage(seed: 1, architecture: "arm64")]
        let layer = images[0].layers[0]
        let crowd = Crowd(2, at: layer.digest)
        try await TestRegistry.run { registry in
            let front: LoopbackServer.Handler = { request in
                await crowd.pass(request)
                return try await registry.answer(request)
            }
            try await LoopbackServer.run(answering: front) { front in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for (number, image) in images.enumerated() {
                        let session = PushSession(client(), to: try Reference("\(front.host)/team/app"))
                        group.addTask { try await image.push(session, tags: ["\(number)"]) }
                    }
                    try await group.waitForAll()
                }
                for (number, image) in images.enumerated() {
                    #expect(
                        registry.digest(ofTag: "\(number)", in: "team/app") == "\(image.manifest.descriptor.digest)")
                }
                // Two layers in common and a configuration each.
                let uploads = registry.requests.filter { $0.method == "PUT" && $0.path.contains("/uploads/") }
                let blobs = Set(images.flatMap(\.blobs).map { "\($0.digest)" })
                #expect(uploads.compactMap { $0.query("digest") }.sorted() == blobs.sorted())
            }
        }
    }

    /// Is so once.
    private final class First: Sendable {
        private let value = Mutex(true)

        func take() -> Bool {
            value.withLock { value in
                defer { value = false }
                return value
            }
        }
    }

    /// Who waited does not fail with the one that it waited for, and nobody's cancellation is another's.
    @Test func whoWaitsTakesOverFromOneThatFails() async throws {
        struct Lost: Error {}
        let blob = try Blob(sampleBytes(1000))
        let crowd = Crowd(2, at: blob.digest)
        let first = First()
        try await TestRegistry.run { registry in
            let front: LoopbackServer.Handler = { request in
                await crowd.pass(request)
                return try await registry.answer(request)
            }
            try await LoopbackServer.run(answering: front) { front in
                let name = try Reference("\(front.host)/app")
                let outcomes = await withTaskGroup(of: BlobOutcome?.self) { group in
                    for _ in 0..<2 {
                        let client = client()
                        group.addTask {
                            try? await client.push(SampleImage.descriptor(blob), to: name) {
                                if first.take() { throw Lost() }
                                return blob
                            }
                        }
                    }
                    return await group.reduce(into: [BlobOutcome?]()) { $0.append($1) }
                }
                #expect(outcomes.count == 2 && outcomes.contains(nil) && outcomes.contains(.pushed))
                #expect(registry.blob(blob.digest, in: "app") != nil)
            }
        }
    }
}
