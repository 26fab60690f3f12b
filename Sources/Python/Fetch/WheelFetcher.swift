public import Content
import Diagnostics
public import OCI
public import Transfer

/// Brings locked wheels into the blob store: a number of them at a time, checked against the lock while they stream,
/// never held in memory.
public struct WheelFetcher: WheelHasher {
    private let downloader: Downloader
    private let store: any BlobStore
    private let shared: Shared?
    private let limit: ConcurrencyLimit

    /// Where wheels go that all the world may read.
    public struct Shared: Sendable {
        let store: any BlobStore
        let isPublic: @Sendable (_ url: String) -> Bool

        /// Takes the parts.
        /// - Parameter isPublic: whether what lies at a URL without credentials is public.
        public init(store: any BlobStore, isPublic: @escaping @Sendable (_ url: String) -> Bool) {
            self.store = store
            self.isPublic = isPublic
        }
    }

    /// - Parameters:
    ///   - downloader: who downloads.
    ///   - store: where wheels go.
    ///   - shared: where public wheels go instead.
    ///   - limit: how many at once, over all calls.
    public init(downloader: Downloader, store: any BlobStore, shared: Shared? = nil, limit: Int = 8) {
        self.downloader = downloader
        self.store = store
        self.shared = shared
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
        guard try !store.contains(wheel.digest), try !(shared?.store.contains(wheel.digest) ?? false) else { return }
        let download = Download(
            url: await credentials.authorising(wheel.url), digest: wheel.digest, size: wheel.size)
        do {
            let store = store(for: download)
            _ = try await limit.run { try await downloader.download(download, into: store, progress: progress) }
        } catch let error as TransferError {
            throw Self.explaining(error).within(FailureContext("wheel", wheel.filename))
        }
    }

    /// Asks for the length of a wheel; nil where nobody tells.
    public func size(_ url: String, credentials: URLCredentials) async throws -> Int64? {
        let download = Download(url: await credentials.authorising(url), digest: nil)
        do {
            return try await limit.run { try await downloader.size(of: download) }
        } catch let error as TransferError {
            throw Self.explaining(error)
        }
    }

    /// Reads a wheel whose digest nobody told, and keeps it.
    public func hash(_ url: String, credentials: URLCredentials) async throws -> (digest: Digest, size: Int64) {
        let download = Download(url: await credentials.authorising(url), digest: nil)
        do {
            let store = store(for: download)
            let blob = try await limit.run { try await downloader.download(download, into: store) }
            return (blob.digest, blob.size)
        } catch let error as TransferError {
            throw Self.explaining(error)
        }
    }

    /// A URL to which credentials were added is nobody else's.
    private func store(for download: Download) -> any BlobStore {
        guard let shared, shared.isPublic(download.url) else { return store }
        return shared.store
    }

    /// Adds what to do where the cause is likely to be the lock or the index.
    private static func explaining(_ error: TransferError) -> TransferError {
        let hint: String
        switch error.code {
        case .contentMismatch, .refused: hint = "the index may have changed since the resolution: try --upgrade"
        case .unauthorised:
            hint = URLCredentials.hint
        default: return error
        }
        return TransferError(
            error.code, error.message, context: error.context, hints: error.hints + [hint], cause: error.cause)
    }
}
