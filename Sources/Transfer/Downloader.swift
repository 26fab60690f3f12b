import CCurl
public import Content
import Diagnostics
import SystemPackage

/// Fetches content into a store, checked by size and digest on the way and never held in memory. A broken download
/// goes on where it ended, as long as the call lasts.
public struct Downloader: Sendable {
    private let sender: any HTTPSender
    private let retrier: Retrier

    /// Downloads through somebody who answers requests.
    public init(_ sender: any HTTPSender, retrier: Retrier = Retrier()) {
        self.sender = sender
        self.retrier = retrier
    }

    /// Fetches one piece of content; one that the store has is not fetched again.
    /// - Parameter progress: hears the bytes that are there so far.
    /// - Throws: `TransferError` with expected and actual digest on a mismatch; nothing is kept then.
    public func download(
        _ download: Download, into store: any BlobStore, progress: @escaping TransferProgress = { _ in }
    ) async throws -> Blob {
        if let digest = download.digest, let present = try store.blob(digest) { return present }
        if download.url.hasPrefix("file:") { return try Self.copy(download, into: store, progress: progress) }
        let url = try HTTPURL(download.url)
        let partial = PartialDownload(download, into: store, place: "\(url)")
        defer { partial.abandon() }
        return try await retrier.run { _ in
            let before = partial.furthest
            do {
                try await attempt(download, url, partial, progress: progress)
                return try partial.commit(expecting: download.digest)
            } catch let error as Attempted {
                throw error
            } catch {
                throw Attempted(error, madeProgress: partial.furthest > before)
            }
        }
    }

    /// The length in bytes of what a download would fetch, without fetching it; nil where that cannot be told.
    ///
    /// A server that does not answer such a question is no failure: whoever needs the length can download, with all
    /// the patience that a download has.
    public func size(of download: Download) async throws -> Int64? {
        if download.url.hasPrefix("file:") { return try FileSystem.status(Self.filePath(download.url))?.size }
        let request = HTTPRequest(.head, try HTTPURL(download.url), headers: download.headers)
        do {
            let response = try await sender.send(request)
            guard response.isSuccess, response.headers["Content-Encoding"] == nil else { return nil }
            return response.headers["Content-Length"].flatMap { Int64($0) }
        } catch is TransferError {
            return nil
        }
    }

    private func attempt(
        _ download: Download, _ url: HTTPURL, _ partial: PartialDownload, progress: @escaping TransferProgress
    ) async throws {
        var request = HTTPRequest(.get, url, headers: download.headers)
        // Only a reason to go on asking: all that was promised may be there already.
        guard partial.count == 0 || partial.count != download.size else { return }
        if partial.count > 0 { request.headers["Range"] = "bytes=\(partial.count)-" }
        let response = try await sender.send(
            request, receive: { try partial.sink(for: $0) }, progress: { _ in progress(partial.count) })
        if response.isSuccess { return }
        if response.status == 416 {
            try partial.restart()
            throw TransferError(.interrupted, "the server no longer has the rest of '\(url)'", context: request.context)
        }
        throw Attempted(Self.refusal(response, request), retryAfter: response.retryAfter)
    }

    private static func refusal(_ response: HTTPResponse, _ request: HTTPRequest) -> TransferError {
        let code: TransferErrorCode =
            switch FailureClass(status: response.status) {
            case .authorisation: .unauthorised
            case .passing: .unavailable
            case .permanent: .refused
            }
        return TransferError(
            code, "the server answered \(response.status) to '\(request.url)'", context: request.context)
    }

    private static func copy(_ download: Download, into store: any BlobStore, progress: TransferProgress) throws -> Blob
    {
        let path = try filePath(download.url)
        let partial = PartialDownload(download, into: store, place: path.string)
        try FileReader(path).forEachChunk { chunk in
            try partial.append(chunk)
            progress(partial.count)
        }
        do {
            return try partial.commit(expecting: download.digest)
        } catch let error as TransferError where error.code == .interrupted {
            // A file on disk does not grow by asking again.
            throw TransferError(.contentMismatch, error.message)
        }
    }

    /// The path of a `file` URL (RFC 8089), read by libcurl's parser: `file:///a%20b`, `file://localhost/a`.
    static func filePath(_ url: String) throws(TransferError) -> FilePath {
        var text: UnsafeMutablePointer<CChar>?
        guard let handle = curl_url() else {
            throw TransferError(.failed, "libcurl has no memory to read '\(redacted(url: url))'")
        }
        defer { curl_url_cleanup(handle) }
        guard curl_url_set(handle, CURLUPART_URL, url, 0) == CURLUE_OK,
            curl_url_get(handle, CURLUPART_PATH, &text, UInt32(CURLU_URLDECODE)) == CURLUE_OK, let text
        else {
            throw TransferError(
                .invalidURL, "'\(redacted(url: url))' names no file of this machine",
                hints: ["a file URL reads file:///path/to/file"])
        }
        defer { curl_free(text) }
        return FilePath(String(cString: text))
    }
}
