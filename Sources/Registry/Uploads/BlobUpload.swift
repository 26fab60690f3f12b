import Content
import Diagnostics
import OCI
import Transfer

/// The way of one blob's bytes into a repository, over as many attempts as it takes: what a registry has is not sent again,
/// where it tells what it has, and a way that it refuses is followed by another.
struct BlobUpload {
    /// A way of sending the bytes.
    private enum Way: Equatable {
        /// In the request that ends the upload.
        case whole
        /// In chunks of so many bytes, before an empty request that ends the upload.
        case chunks(Int64)
    }

    /// A registry does not take a blob in this way, and may in another.
    private struct WayRefused: Error {
        let reason: any Error
    }

    /// With which statuses a way is refused rather than the blob: 404 by Artifactory (buildkit#1130), 416 by GHCR
    /// (rust-oci-client#35), 413 by what stands before a registry.
    private static let refusals: Set<Int> = [404, 405, 411, 413, 415, 416, 501]
    /// The size that every registry takes that takes chunks.
    private static let smallChunk: Int64 = 4 << 20

    private let blob: Blob
    private let repository: Reference
    private let endpoint: Endpoint
    private let sender: AuthorisedSender
    private let records: UploadRecords
    private let progress: TransferProgress
    private var ways: [Way]
    private var session: UploadSession?
    /// Whether the registry has to be asked what it has: a request broke, or an earlier run of the program did.
    private var isUncertain = false
    private var isRemembered = false
    /// How often the session was gone since something was sent last.
    private var losses = 0
    private var furthest: Int64 = 0

    /// - Parameters:
    ///   - session: an upload that is open already, and empty.
    ///   - sender: what lets us write into the repository.
    init(
        _ blob: Blob, to repository: Reference, at endpoint: Endpoint, session: UploadSession?,
        sender: AuthorisedSender,
        records: UploadRecords, progress: @escaping TransferProgress
    ) throws {
        self.blob = blob
        self.repository = repository
        self.endpoint = endpoint
        self.session = session
        self.sender = sender
        self.records = records
        self.progress = progress
        ways = Self.ways(endpoint.profile, size: blob.size)
        if session == nil, case .chunks? = ways.first, let kept = try records.session(at: endpoint) {
            self.session = kept
            isUncertain = true
            isRemembered = true
        }
    }

    private static func ways(_ profile: RegistryProfile, size: Int64) -> [Way] {
        let largest = profile.largestBody ?? .max
        let usual = min(64 << 20, largest)
        let smallest = min(smallChunk, largest)
        let small: [Way] = size > smallest && smallest < usual ? [.chunks(smallest)] : []
        switch profile.uploads {
        case .whole: return [.whole]
        case .alwaysChunked: return [.chunks(usual)] + small
        case .chunked(let above) where size > min(above, largest):
            let chunk = min(above, largest)
            return [.chunks(chunk), .whole] + (chunk > smallest ? small : [])
        case .chunked: return [.whole, .chunks(usual)] + small
        }
    }

    /// Tries to send what is missing.
    /// - Throws: `Attempted`, which tells whether the upload got further.
    mutating func attempt() async throws {
        let before = furthest
        do {
            try await advance()
            if isRemembered { records.remember(nil) }
        } catch {
            isUncertain = true
            let attempted = error as? Attempted ?? Attempted(error)
            throw Attempted(
                attempted.error, retryAfter: attempted.retryAfter, madeProgress: furthest > before)
        }
    }

    private mutating func advance() async throws {
        while let way = ways.first {
            do {
                switch way {
                case .whole: return try await sendWhole()
                case .chunks(let size): return try await sendChunks(size)
                }
            } catch let refused as WayRefused {
                session = nil
                guard ways.count > 1 else { throw refused.reason }
                ways.removeFirst()
                losses = 0
            }
        }
    }

    // MARK: The two ways

    private mutating func sendWhole() async throws {
        // What an upload got before belongs to another way, or to a request that broke.
        if isUncertain { session = nil }
        let session = try await opened()
        self.session = nil
        try await end(session, with: .blob(blob), progress: progress)
    }

    private mutating func sendChunks(_ size: Int64) async throws {
        if isUncertain { try await ask() }
        var session = try await opened()
        while session.sent < blob.size {
            let end = min(blob.size, session.sent + max(size, session.minimumChunk))
            try await send(session.sent..<end, to: &session)
            self.session = session
            furthest = max(furthest, session.sent)
            records.remember(session)
            isRemembered = true
        }
        try await self.end(session, with: .none, progress: { _ in })
    }

    /// The session that is open, or a new one.
    private mutating func opened() async throws -> UploadSession {
        isUncertain = false
        if let session { return session }
        let request = HTTPRequest(.post, try endpoint.url(repository, "blobs/uploads/"))
        let opened = try UploadSession(try await sender.send(request), to: request, at: endpoint)
        session = opened
        return opened
    }

    /// Asks what the registry has of the upload (distribution specification, "Resuming an upload"). One that it does not know
    /// any more is begun anew.
    private mutating func ask() async throws {
        guard var known = session else { return }
        session = nil
        let request = HTTPRequest(.get, known.location)
        var sender = sender
        sender.accepting = Set(400..<500).subtracting([401, 403, 408, 429])
        let response = try await sender.send(request)
        guard response.isSuccess, let sent = UploadSession.confirmed(response), sent <= blob.size else { return }
        known.sent = sent
        try known.follow(response, to: request, at: endpoint)
        session = known
    }

    // MARK: Requests

    private mutating func send(_ range: Range<Int64>, to session: inout UploadSession) async throws {
        var request = HTTPRequest(.patch, session.location, body: .part(blob, range))
        request.headers["Content-Type"] = "application/octet-stream"
        request.headers["Content-Range"] = "\(range.lowerBound)-\(range.upperBound - 1)"
        let progress = progress
        let response = try await follow(&request, accepting: Self.refusals.union([400])) {
            progress(range.lowerBound + $0)
        }
        if response.status == 404 { try lost(response, to: request) }
        // 201 to a chunk is ECR's, which refuses to end the upload then.
        guard response.isSuccess, response.status != 201 else {
            throw WayRefused(reason: RegistryError(response, to: request, of: endpoint.registry))
        }
        let sent = UploadSession.confirmed(response) ?? range.upperBound
        guard range.lowerBound < sent, sent <= range.upperBound else {
            throw RegistryError(
                .unavailable,
                "\(endpoint.registry) has \(sent) bytes of an upload after it was sent \(range.upperBound)",
                context: [FailureContext("request", "PATCH \(request.url)")])
        }
        try session.follow(response, to: request, at: endpoint)
        session.sent = sent
        losses = 0
    }

    private mutating func end(
        _ session: UploadSession, with body: HTTPRequest.Body, progress: @escaping TransferProgress
    ) async throws {
        let url = try HTTPURL(appending([("digest", blob.digest.description)], to: session.location.text))
        var request = HTTPRequest(.put, url, body: body)
        request.headers["Content-Type"] = "application/octet-stream"
        let wasChunked = session.sent > 0
        let response = try await follow(
            &request, accepting: Self.refusals.union(wasChunked ? [400] : []), progress: progress)
        if response.isSuccess { return }
        if response.status == 404 { try lost(response, to: request) }
        throw WayRefused(reason: RegistryError(response, to: request, of: endpoint.registry))
    }

    /// The session is gone. That may happen to any; to two in a row it does not by chance.
    private mutating func lost(_ response: HTTPResponse, to request: HTTPRequest) throws {
        let error = RegistryError(response, to: request, of: endpoint.registry)
        session = nil
        losses += 1
        guard error.code == .uploadLost, losses < 2 else { throw WayRefused(reason: error) }
        throw error
    }

    /// Sends a request on to where it is redirected: to the storage behind the registry. The sender shows our credentials to
    /// nobody else (acr#217).
    private func follow(
        _ request: inout HTTPRequest, accepting: Set<Int>, progress: @escaping TransferProgress
    ) async throws -> HTTPResponse {
        request.timeouts.stall = endpoint.profile.uploadStall
        var sender = sender
        sender.accepting = accepting
        for _ in 0..<4 {
            let response = try await sender.send(request, progress: progress)
            guard (300..<400).contains(response.status) else { return response }
            request.url = try UploadSession.location(response, request, endpoint)
        }
        throw RegistryError(
            .invalidAnswer, "\(endpoint.registry) redirects an upload again and again",
            context: [FailureContext("request", "\(request.method.rawValue) \(request.url)")])
    }
}
