import Build
import Content
import Diagnostics
import Interface
import OCI
import Spec
import Synchronization

/// Brings a context to a server: asks which contents are missing, uploads those, several at a time, and commits the
/// manifest. Interrupted and repeated, it goes on where it was.
struct ContextUpload: Sendable {
    let client: ServiceClient
    let context: OutgoingContext
    let events: BuildEvents

    /// So many contents go up at a time: most are small, and wait for answers rather than for bytes.
    private static let width = 8

    /// - Returns: the digest by which builds name the context.
    func run() async throws -> Digest {
        let digests = context.digests
        var missing = try await client.missing(digests)
        // What the server had may be collected before it is committed.
        for attempt in 1... {
            try await upload(missing)
            do {
                return try await client.commit(context.manifest)
            } catch let error as ClientError where error.code == .missingContent && attempt < 4 {
                missing = try await client.missing(digests)
            }
        }
        throw CancellationError()
    }

    private func upload(_ digests: [Digest]) async throws {
        let blobs = digests.compactMap { context.blob($0) }
        guard !blobs.isEmpty else { return }
        let total = blobs.reduce(0) { $0 + $1.size }
        let subject = "\(blobs.count) of the context's \(context.fileCount) files"
        events.emit(.notice("context: \(subject) go up, \(formatted(bytes: total))"))
        let sum = UploadSum { done in
            events.emit(.progress(BuildProgress(activity: .uploading, subject: subject, done: done, total: total)))
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, blob) in blobs.enumerated() {
                if number >= Self.width { try await group.next() }
                group.addTask { try await client.upload(blob) { sum.set($0, for: number) } }
            }
            try await group.waitForAll()
        }
        events.emit(
            .progress(
                BuildProgress(activity: .uploading, subject: subject, done: total, total: total, isFinished: true)))
    }
}

/// The bytes of several uploads together.
private final class UploadSum: Sendable {
    private let counts = Mutex<[Int: Int64]>([:])
    private let tell: @Sendable (Int64) -> Void

    init(_ tell: @escaping @Sendable (Int64) -> Void) { self.tell = tell }

    func set(_ count: Int64, for number: Int) {
        tell(
            counts.withLock { counts in
                counts[number] = count
                return counts.values.reduce(0, +)
            })
    }
}
