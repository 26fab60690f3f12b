import Diagnostics
import Glibc
import Logging
import Synchronization

/// HTTP by libcurl: one multi handle on one thread of its own, requests as values, bodies streamed both ways.
///
/// The room knows about bytes, connections and time, not about registries or packages. It decides on two matters of
/// trust for everybody: plain HTTP only goes to this machine or to hosts that the user named, and credentials never
/// follow a redirect to another origin. It does not repeat by itself: that is the `Retrier`'s, at one level.
public final class HTTPClient: HTTPSender {
    /// What holds for all requests.
    public struct Configuration: Sendable {
        /// Hosts (`host` or `host:port`) that may be asked by plain HTTP.
        public var insecureHosts: Set<String>
        /// The certificates to trust, a PEM file. By default what `CURL_CA_BUNDLE` or `SSL_CERT_FILE` names, else the
        /// system's.
        public var certificateFile: String?
        /// The directories of certificates to trust. By default what `SSL_CERT_DIR` names, else the system's.
        public var certificateDirectory: String?
        /// The certificate that we show to servers which ask for one; nil shows none.
        public var identity: ClientIdentity?
        /// How TLS is done with the host of a URL; nil does it with all hosts in the same way.
        public var peer: (@Sendable (HTTPURL) throws -> PeerSettings)?
        /// How we introduce ourselves.
        public var userAgent: String
        /// Asked of each address right before it is connected to, when names were looked up already; nil admits all. With
        /// it no proxy of the environment is used, which would look names up by itself.
        public var admits: (@Sendable (PeerAddress) -> Bool)?

        /// Takes the parts.
        public init(
            insecureHosts: Set<String> = [], certificateFile: String? = nil, identity: ClientIdentity? = nil,
            userAgent: String = "cooperage"
        ) {
            self.insecureHosts = insecureHosts
            self.identity = identity
            self.certificateFile =
                certificateFile ?? Self.environment("CURL_CA_BUNDLE") ?? Self.environment("SSL_CERT_FILE")
            certificateDirectory = Self.environment("SSL_CERT_DIR")
            self.userAgent = userAgent
        }

        private static func environment(_ name: String) -> String? {
            guard let value = getenv(name) else { return nil }
            let text = String(cString: value)
            return text.isEmpty ? nil : text
        }
    }

    /// What holds for all requests.
    public let configuration: Configuration
    private let logger = Logger(label: "cooperage.transfer")
    // Made at the first request: a build that finds everything in its cache never starts libcurl.
    private let engine = Mutex<CurlEngine?>(nil)

    /// Makes a client. It connects to nobody before the first request.
    public init(configuration: Configuration = Configuration()) { self.configuration = configuration }

    deinit { engine.withLock { $0?.stop() } }

    /// Sends a request, following redirects of a GET or HEAD.
    /// - Throws: `TransferError`, `CancellationError`, or what the sink or the body's reader threw.
    public func send(
        _ request: HTTPRequest, receive: @escaping BodyReceiver, progress: @escaping TransferProgress
    ) async throws -> HTTPResponse {
        var request = request
        for _ in 0...max(0, request.redirects) {
            let follows = request.method.isSafe && request.redirects > 0
            let response = try await sendOnce(
                request, receive: { follows && Self.isRedirect($0) ? { _ in } : try receive($0) }, progress: progress)
            guard follows, Self.isRedirect(response), let location = response.headers["Location"] else {
                return response
            }
            try redirect(&request, to: location)
        }
        throw TransferError(
            .badRedirect, "the server redirects more than \(request.redirects) times", context: request.context)
    }

    /// Connects to a host, TLS included if the URL says so, and hangs up. Whatever certificate is shown will do, since
    /// nothing is told: neither does the host hear of a request, nor need it like us.
    /// - Throws: `TransferError` or `CancellationError`.
    public func connect(to url: HTTPURL, timeouts: HTTPRequest.Timeouts) async throws {
        var request = HTTPRequest(.head, url)
        request.timeouts = timeouts
        request.connectsOnly = true
        _ = try await send(request)
    }

    private static func isRedirect(_ response: HTTPResponse) -> Bool {
        [301, 302, 303, 307, 308].contains(response.status) && response.headers["Location"] != nil
    }

    /// Points a request to where a redirect leads. What is secret stays with the origin that it was meant for.
    private func redirect(_ request: inout HTTPRequest, to location: String) throws(TransferError) {
        let target = try request.url.resolving(location)
        guard request.url.scheme == .http || target.scheme == .https else {
            throw TransferError(
                .badRedirect, "the server redirects from https to plain http, to '\(target)'", context: request.context)
        }
        if !target.hasSameOrigin(as: request.url) {
            for secret in ["Authorization", "Cookie", "Proxy-Authorization"] { request.headers[secret] = nil }
        }
        request.url = target
    }

    private func sendOnce(
        _ request: HTTPRequest, receive: @escaping BodyReceiver, progress: @escaping TransferProgress
    ) async throws -> HTTPResponse {
        try Task.checkCancellation()
        try checkTransport(request)
        var peer = try configuration.peer?(request.url) ?? PeerSettings(identity: configuration.identity)
        if request.connectsOnly { peer.isVerified = false }
        let engine = try startedEngine()
        let transfer = CurlTransfer(
            request, configuration: configuration, peer: peer, receive: receive, progress: progress)
        let response = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                transfer.continuation = continuation
                engine.start(transfer)
            }
        } onCancel: {
            transfer.isCancelled.store(true, ordering: .relaxed)
            engine.wakeUp()
        }
        // A URL describes itself without what may be secret in it.
        logger.debug("\(request.method.rawValue) \(request.url) \(response.status)")
        return response
    }

    private func checkTransport(_ request: HTTPRequest) throws(TransferError) {
        let url = request.url
        let allowed = configuration.insecureHosts
        if url.scheme == .https || url.isLoopback || allowed.contains(url.host) { return }
        if allowed.contains("\(url.host):\(url.port)") { return }
        throw TransferError(
            .insecureTransport, "'\(url)' would be asked by plain HTTP, which anybody on the way can read and change",
            context: request.context, hints: ["use https, or name \(url.host) as an insecure host if you trust the way"]
        )
    }

    private func startedEngine() throws(TransferError) -> CurlEngine {
        try engine.withLock { engine throws(TransferError) in
            if let engine { return engine }
            let started = try CurlEngine()
            engine = started
            return started
        }
    }
}
