public import Content
import Diagnostics
public import OCI
public import Transfer

/// Brings locked wheels into the blob store: a number of them at a time, checked against the lock while they stream,
/// never held in memory.
public struct WheelFetcher: WheelHasher {
    private let downloader: Downloader
    private let store: any BlobStore
    private let limit: ConcurrencyLimit

    /// - Parameters:
    ///   - downloader: who downloads.
    ///   - store: where wheels go.
    ///   - limit: how many at once, over all calls.
    public init(downloader: Downloader, store: any BlobStore, limit: Int = 8) {
        self.downloader = downloader
        self.store = store
        self.limit = ConcurrencyLimit(limit)
    }

    /// Fetches a wheel unless the store has it.
    /// - Parameters:
    ///   - wheel: what the lock says.
    ///   - credentials: from the resolution, put back into the URL of its origin.
    ///   - progress: hears of the bytes that are there so far, and never of a wheel that was there.
    /// - Throws: `TransferError`.
    public func fetch(
        _ wheel: LockedWheel, credentials: URLCredentials, progress: @escaping TransferProgress = { _ in }
    ) async throws {
        guard try !store.contains(wheel.digest) else { return }
        let download = Download(url: credentials.adding(to: wheel.url), digest: wheel.digest, size: wheel.size)
        do {
            _ = try await limit.run { try await downloader.download(download, into: store, progress: progress) }
        } catch let error as TransferError {
            throw Self.explaining(error).within(FailureContext("wheel", wheel.filename))
        }
    }

    /// Asks for the length of a wheel; nil where nobody tells.
    public func size(_ url: String, credentials: URLCredentials) async throws -> Int64? {
        let download = Download(url: credentials.adding(to: url), digest: nil)
        do {
            return try await limit.run { try await downloader.size(of: download) }
        } catch let error as TransferError {
            throw Self.explaining(error)
        }
    }

    /// Reads a wheel whose digest nobody told, and keeps it.
    public func hash(_ url: String, credentials: URLCredentials) async throws -> (digest: Digest, size: Int64) {
        let download = Download(url: credentials.adding(to: url), digest: nil)
        do {
            let blob = try await limit.run { try await downloader.download(download, into: store) }
            return (blob.digest, blob.size)
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
