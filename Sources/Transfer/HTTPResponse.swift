import CCurl
import Glibc

/// What a server answered.
public struct HTTPResponse: Sendable {
    /// The status code.
    public let status: Int
    /// The header fields.
    public let headers: HTTPHeaders
    /// Who answered: the last one in a chain of redirects.
    public let url: HTTPURL
    /// The body, unless a sink took it. An error's body may be cut at 64 KiB.
    public internal(set) var body: [UInt8] = []

    /// Whether the status is 200 to 299.
    public var isSuccess: Bool { (200..<300).contains(status) }

    /// The body as text; bytes that are no UTF-8 are replaced.
    public var text: String { String(decoding: body, as: UTF8.self) }

    /// How long the server asks to be left alone: the `Retry-After` field, in seconds or as a date (RFC 9110, 10.2.3).
    public var retryAfter: Duration? {
        guard let value = headers["Retry-After"] else { return nil }
        if let seconds = Int64(value) { return .seconds(max(0, min(seconds, 1 << 31))) }
        let date = curl_getdate(value, nil)
        return date < 0 ? nil : .seconds(max(0, Int64(date) - Int64(time(nil))))
    }
}

/// Takes a body piece by piece, on the client's thread: it should write and hash, not wait. What it throws ends the
/// transfer and comes out of `send`.
public typealias BodySink = (UnsafeRawBufferPointer) throws -> Void

/// Decides about a body once the answer's head is known: returns its sink, or nil to have it collected.
public typealias BodyReceiver = @Sendable (_ head: HTTPResponse) throws -> BodySink?

/// Hears how many bytes of the request's body were sent, or of the answer's received, since the request began. It is
/// called on the client's thread.
public typealias TransferProgress = @Sendable (_ bytes: Int64) -> Void

/// Somebody who answers requests: the client, or a decorator that adds credentials.
public protocol HTTPSender: Sendable {
    /// Sends a request and waits for the whole answer.
    /// - Parameters:
    ///   - request: what is asked.
    ///   - receive: decides where the body goes.
    ///   - progress: hears of bytes.
    /// - Returns: the answer, whatever its status.
    func send(
        _ request: HTTPRequest, receive: @escaping BodyReceiver, progress: @escaping TransferProgress
    ) async throws -> HTTPResponse
}

extension HTTPSender {
    /// Sends a request and collects the answer's body.
    public func send(_ request: HTTPRequest, progress: @escaping TransferProgress = { _ in }) async throws
        -> HTTPResponse
    {
        try await send(request, receive: { _ in nil }, progress: progress)
    }
}
