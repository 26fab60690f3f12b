public import Content
import Diagnostics
public import OCI
public import Spec
import SystemPackage
public import Transfer

/// Brings locked wheels into the blob store: several at a time, checked against the lock while they stream, never held
/// in memory.
public struct WheelFetcher: WheelHasher {
    private let sender: any HTTPSender
    private let retrier: Retrier
    private let store: any BlobStore
    private let limit: Int

    /// - Parameters:
    ///   - sender: who asks.
    ///   - store: where wheels go.
    ///   - limit: how many at once.
    public init(sender: any HTTPSender, retrier: Retrier = Retrier(), store: any BlobStore, limit: Int = 8) {
        self.sender = sender
        self.retrier = retrier
        self.store = store
        self.limit = limit
    }

    /// Fetches what the store does not have.
    /// - Parameters:
    ///   - credentials: from the resolution, put back into the URLs of their origins.
    ///   - progress: hears of each wheel that is downloaded; not of those that are there.
    /// - Throws: `TransferError`.
    public func fetch(
        _ packages: [LockedPackage], credentials: URLCredentials,
        progress: @escaping @Sendable (BuildProgress) -> Void = { _ in }
    ) async throws {
        var missing: [LockedPackage] = []
        for package in packages where try !store.contains(package.wheel.digest) { missing.append(package) }
        let names = Dictionary(
            missing.map { ($0.wheel.digest, $0.wheel.filename) }, uniquingKeysWith: { first, _ in first })
        let downloads = missing.map { package in
            Download(
                url: credentials.adding(to: package.wheel.url), digest: package.wheel.digest, size: package.wheel.size)
        }
        let downloader = Downloader(sender, retrier: retrier)
        do {
            _ = try await downloader.download(downloads, into: store, limit: limit) { download, bytes in
                progress(
                    BuildProgress(
                        activity: .downloading, subject: names[download.digest] ?? "", done: bytes, total: download.size,
                        isFinished: bytes == download.size))
            }
        } catch let error as TransferError {
            throw Self.explaining(error)
        }
    }

    /// Reads a wheel whose digest nobody told, and keeps it.
    public func hash(_ url: String, credentials: URLCredentials) async throws -> (digest: Digest, size: Int64) {
        if url.hasPrefix("file://") {
            let writer = try store.makeWriter()
            try FileReader(FilePath(removingPercentEncoding(url.dropFirst(7)))).forEachChunk { try writer.write($0) }
            let blob = try writer.commit(expecting: nil)
            return (blob.digest, blob.size)
        }
        let request = HTTPRequest(.get, try HTTPURL(credentials.adding(to: url)))
        let intake = Intake(store)
        do {
            return try await retrier.run { _ in
                let response = try await sender.send(
                    request, receive: { try intake.sink(for: $0) }, progress: { _ in })
                guard response.isSuccess else {
                    let isPassing = response.status == 429 || response.status >= 500
                    throw Attempted(
                        TransferError(
                            isPassing ? .unavailable : response.status == 401 ? .unauthorised : .refused,
                            "the server answered \(response.status) to '\(request.url)'"),
                        retryAfter: response.retryAfter)
                }
                return try intake.commit()
            }
        } catch let error as TransferError {
            throw Self.explaining(error)
        }
    }

    /// Adds what to do where the cause is likely to be the lock or the index.
    private static func explaining(_ error: TransferError) -> TransferError {
        let hint: String
        switch error.code {
        case .contentMismatch, .refused: hint = "the index may have changed since the resolution: try --upgrade"
        case .unauthorised:
            hint = "put the index's user and password into its URL, for example by ${NAME} in the requirements file"
        default: return error
        }
        return TransferError(
            error.code, error.message, context: error.context, hints: error.hints + [hint], cause: error.cause)
    }
}

/// A download of unknown digest on its way into a store.
///
/// Sendable although it changes: one attempt at a time uses it, the sink on the client's thread while the request is
/// under way, the task afterwards.
private final class Intake: @unchecked Sendable {
    private let store: any BlobStore
    private var writer: (any BlobWriter)?

    init(_ store: any BlobStore) { self.store = store }

    func sink(for head: HTTPResponse) throws -> BodySink? {
        guard head.isSuccess else { return nil }
        let writer = try store.makeWriter()
        self.writer = writer
        return { try writer.write($0) }
    }

    func commit() throws -> (digest: Digest, size: Int64) {
        guard let writer else { throw TransferError(.failed, "the answer had no body") }
        self.writer = nil
        let blob = try writer.commit(expecting: nil)
        return (blob.digest, blob.size)
    }
}
