import CCurl
import Content
import Diagnostics
import Synchronization

/// One exchange: a request going out and its answer coming in, as libcurl's callbacks see it.
///
/// Sendable although it changes: the task that makes it hands it to the engine's thread and from then on touches
/// `isCancelled` only, which is atomic. Everything else belongs to that thread.
final class CurlTransfer: @unchecked Sendable {
    /// Error bodies are for people: more than this is cut off.
    private static let errorBodyLimit = 64 << 10

    let request: HTTPRequest
    let isCancelled = Atomic(false)
    var continuation: CheckedContinuation<HTTPResponse, any Error>?

    private let configuration: HTTPClient.Configuration
    private let peer: PeerSettings
    private let receive: BodyReceiver
    private let progress: TransferProgress
    private var easy: CurlEasy?

    private var reader: (any ByteReader)?
    /// The reader, where its bytes may still be on their way.
    private var flowing: (any FlowingReader)?
    private var wake: (@Sendable () -> Void)?
    private var sent: Int64 = 0
    private var received: Int64 = 0
    private var status = 0
    private var headers = HTTPHeaders()
    private var response: HTTPResponse?
    private var sink: BodySink?
    private var isCut = false
    private var failure: (any Error)?
    private var refusedAddress: PeerAddress?

    init(
        _ request: HTTPRequest, configuration: HTTPClient.Configuration, peer: PeerSettings,
        receive: @escaping BodyReceiver, progress: @escaping TransferProgress
    ) {
        self.request = request
        self.configuration = configuration
        self.peer = peer
        self.receive = receive
        self.progress = progress
    }

    /// Makes the handle that libcurl works with. It lives until `finish` or `fail`.
    /// - Parameter wake: makes the engine's thread ask `resumeIfAsked`.
    func makeHandle(waking wake: @escaping @Sendable () -> Void) throws -> UnsafeMutableRawPointer {
        self.wake = wake
        request.flow?.attach(wake)
        try openBody()
        let easy = try CurlEasy(request, configuration: configuration, peer: peer)
        // The engine keeps this object while the handle is in use, so the pointer stays good.
        let context = Unmanaged.passUnretained(self).toOpaque()
        easy.setCallbacks(context: context)
        if configuration.admits != nil { easy.setAdmission(context: context) }
        self.easy = easy
        return easy.handle
    }

    private func openBody() throws {
        reader = try request.body.open()
        flowing = reader as? any FlowingReader
        if let wake { flowing?.flow.attach(wake) }
    }

    /// Goes on, if a callback had to wait and need not any more.
    func resumeIfAsked() {
        guard request.flow != nil || flowing != nil else { return }
        let isAsked = [request.flow, flowing?.flow].compactMap { $0?.takeResumption() }.contains(true)
        if isAsked { easy?.resume() }
    }

    /// Ends the transfer without an answer.
    func fail(_ error: any Error) { resume(.failure(error)) }

    /// Ends the transfer with libcurl's verdict.
    func finish(_ code: CURLcode) {
        if let failure { return resume(.failure(failure)) }
        if code != CURLE_OK, let refusedAddress {
            return resume(
                .failure(
                    TransferError(
                        .refusedAddress, "'\(request.url.host)' is at \(refusedAddress), where this must not lead",
                        context: request.context)))
        }
        guard code == CURLE_OK || isCut else {
            let error =
                easy?.error(code, request)
                ?? TransferError(.failed, "the transfer ended before it began", context: request.context)
            return resume(.failure(error))
        }
        if request.connectsOnly { response = HTTPResponse(status: 0, headers: [:], url: request.url) }
        guard let response else {
            return resume(
                .failure(TransferError(.interrupted, "the server answered nothing", context: request.context)))
        }
        resume(.success(response))
    }

    private func resume(_ result: Result<HTTPResponse, any Error>) {
        let continuation = continuation
        self.continuation = nil
        sink = nil
        reader = nil
        flowing = nil
        easy = nil
        continuation?.resume(with: result)
    }

    // MARK: What libcurl calls. A negative result ends the transfer.

    /// Whether an address may be connected to. What has none is no host.
    func admits(_ address: PeerAddress?) -> Bool {
        guard let address, configuration.admits?(address) ?? true else {
            refusedAddress = address
            return false
        }
        return true
    }

    /// Takes a line of the answer's head.
    func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            // A new head: the one before was an interim answer (1xx).
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            headers = HTTPHeaders()
            return true
        }
        if let colon = text.firstIndex(of: ":"), response == nil {
            headers.append(String(text[..<colon]).trimmed, String(text[text.index(after: colon)...]).trimmed)
            return true
        }
        guard text.trimmed.isEmpty, status >= 200, response == nil else { return true }
        let head = HTTPResponse(status: status, headers: headers, url: request.url)
        response = head
        return attempt { sink = try receive(head) } != nil
    }

    /// What becomes of a piece of the answer's body.
    enum Taking { case taken, waits, refused }

    /// Takes a piece of the answer's body.
    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Taking {
        if let sink {
            do {
                try sink(bytes)
            } catch is BodyPaused {
                return .waits
            } catch {
                failure = error
                return .refused
            }
        }
        received += Int64(bytes.count)
        if sink == nil, !collect(bytes) { return .refused }
        if request.body.size == 0 { progress(received) }
        return .taken
    }

    /// Keeps a piece for the answer.
    private func collect(_ bytes: UnsafeRawBufferPointer) -> Bool {
        if status >= 400 {
            let room = Self.errorBodyLimit - (response?.body.count ?? 0)
            response?.body.append(contentsOf: bytes.prefix(room))
            isCut = bytes.count > room
            if isCut { return false }
        } else {
            guard received <= request.responseLimit else {
                failure = TransferError(
                    .tooLong, "the answer is longer than the \(request.responseLimit) bytes accepted here",
                    context: request.context)
                return false
            }
            response?.body.append(contentsOf: bytes)
        }
        return true
    }

    /// What there is of the request's body.
    enum Giving { case given(Int), waits, failed }

    /// Gives the next piece of the request's body.
    func giveBody(_ buffer: UnsafeMutableRawBufferPointer) -> Giving {
        guard let reader else { return .given(0) }
        let piece = attempt { try flowing.map { try $0.readAvailable(into: buffer) } ?? reader.read(into: buffer) }
        guard let piece else { return .failed }
        guard let count = piece else { return .waits }
        sent += Int64(count)
        progress(sent)
        return .given(count)
    }

    /// Starts the request's body anew, which libcurl asks for when a kept connection turns out to be dead.
    func rewindBody() -> Bool {
        sent = 0
        return attempt { try openBody() } != nil
    }

    private func attempt<Value>(_ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch {
            failure = error
            return nil
        }
    }
}

extension String {
    /// Without white space at both ends.
    var trimmed: String {
        let isBlank: (Character) -> Bool = { $0.isWhitespace || $0.isNewline }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
