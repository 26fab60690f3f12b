public import Build
import Content
import Diagnostics
import FoundationEssentials
import OCI
public import Registry
public import Transfer

/// The API of one server, call by call. What may be repeated is repeated, as patiently as the client was told to be.
public struct ServiceClient: Sendable {
    /// Where it is.
    public let address: ServerAddress
    /// How often and when a call is repeated.
    public var retrier: Retrier
    private let tokens: any TokenSource
    private let project: String?
    private let sender: any HTTPSender
    private var watch: ConnectionWatch?

    /// Makes a client with a token that stays what it is.
    /// - Parameter token: who we are; nil comes without, which a server may allow to this machine.
    public init(
        _ address: ServerAddress, token: Secret?, project: String? = nil, sender: any HTTPSender = HTTPClient(),
        retrier: Retrier = Retrier()
    ) {
        self.init(address, tokens: FixedToken(token), project: project, sender: sender, retrier: retrier)
    }

    /// Makes a client. It connects to nobody before the first call.
    /// - Parameters:
    ///   - tokens: who we are.
    ///   - project: in which project an administrator acts; nil is the token's own.
    public init(
        _ address: ServerAddress, tokens: any TokenSource, project: String? = nil,
        sender: any HTTPSender = HTTPClient(), retrier: Retrier = Retrier()
    ) {
        self.address = address
        self.tokens = tokens
        self.project = project
        self.sender = sender
        self.retrier = retrier
    }

    /// The same client once a server has answered: it waits while the server restarts, and says so.
    public func patient(events: BuildEvents) -> ServiceClient {
        var client = self
        client.retrier.policy = Self.patience
        client.watch = ConnectionWatch(address, events: events)
        return client
    }

    /// The same client, which asks once.
    func once() -> ServiceClient {
        var client = self
        client.retrier.policy = .never
        return client
    }

    /// Some four minutes: what a restart with an update of the database takes.
    private static let patience = RetryPolicy(
        attempts: 60, baseDelay: .milliseconds(250), maximumDelay: .seconds(5), jitter: 0.3)

    // MARK: Calls

    /// One call.
    struct Call {
        var method: HTTPRequest.Method
        var path: String
        var query: [(name: String, value: String)] = []
        var headers: HTTPHeaders = [:]
        var body: HTTPRequest.Body = .none
        /// The longest answer, in bytes, where it is collected.
        var limit = 16 << 20

        init(_ method: HTTPRequest.Method, _ path: String) {
            self.method = method
            self.path = path
        }

        /// Sends a value along.
        func sending(_ value: some Encodable) throws -> Call {
            var call = self
            call.headers["Content-Type"] = "application/json"
            call.body = .bytes([UInt8](try CanonicalJSON.encode(value)))
            return call
        }
    }

    /// Sends a call and collects the answer.
    /// - Throws: `ClientError` with the server's words, or `TransferError`.
    func send(_ call: Call, progress: @escaping TransferProgress = { _ in }) async throws -> HTTPResponse {
        try await retrier.run { _ in try await attempt(call, receive: { _ in nil }, progress: progress) }
    }

    /// Sends a call and reads the answer's JSON.
    func value<Value: Decodable>(_ type: Value.Type, of call: Call) async throws -> Value {
        let response = try await send(call)
        do {
            return try JSONDecoder().decode(type, from: Data(response.body))
        } catch {
            throw invalid("the answer to \(call.method.rawValue) \(call.path) cannot be read", cause: error)
        }
    }

    /// One attempt at a call.
    /// - Parameter receive: takes the body of a good answer.
    func attempt(
        _ call: Call, receive: @escaping BodyReceiver, progress: @escaping TransferProgress = { _ in },
        stall: Duration = .seconds(60)
    ) async throws -> HTTPResponse {
        var request = HTTPRequest(
            call.method, try address.url(call.path, query: call.query), headers: call.headers, body: call.body)
        request.headers["Accept"] = request.headers["Accept"] ?? "application/json"
        if let project { request.headers["X-Cooperage-Project"] = project }
        request.responseLimit = call.limit
        request.timeouts.stall = stall
        // An API that redirects is another one.
        request.redirects = 0
        let token = try await tokens.token()
        var response = try await answer(to: request, with: token, receive: receive, progress: progress)
        // Tokens of a CI live for minutes, and some builds for longer. What is refused was not begun.
        if response.status == 401, let other = try await tokens.token(inPlaceOf: token) {
            response = try await answer(to: request, with: other, receive: receive, progress: progress)
        }
        guard response.isSuccess else {
            let error = ClientError(response, to: request, at: address)
            if error.failureClass == .passing { watch?.failed(error) } else { watch?.succeeded() }
            throw Attempted(error, retryAfter: response.retryAfter)
        }
        watch?.succeeded()
        return response
    }

    private func answer(
        to request: HTTPRequest, with token: Secret?, receive: @escaping BodyReceiver,
        progress: @escaping TransferProgress
    ) async throws -> HTTPResponse {
        var request = request
        if let token { request.headers["Authorization"] = "Bearer \(token.reveal())" }
        do {
            return try await sender.send(
                request,
                receive: { head in
                    guard head.isSuccess, let sink = try receive(head) else { return nil }
                    // A stream is served long before it ends.
                    return { bytes in
                        watch?.succeeded()
                        try sink(bytes)
                    }
                }, progress: progress)
        } catch let error as TransferError where [.untrusted, .certificateRefused].contains(error.code) {
            let flags =
                error.code == .untrusted
                ? "--ca-file names the authority that vouches for the server"
                : "--cert-file and --key-file name the certificate to show"
            throw TransferError(
                error.code, error.message, context: error.context, hints: error.hints + [flags], cause: error.cause)
        } catch {
            if (error as? any ClassifiedFailure)?.failureClass == .passing { watch?.failed(error) }
            throw error
        }
    }

    /// An answer that is not what the API says.
    func invalid(_ message: String, cause: (any Error)? = nil) -> ClientError {
        ClientError(
            .invalidAnswer, message, context: [FailureContext("server", address.description)],
            hints: ["is \(address) a Cooperage server, of a version that fits this program?"], cause: cause)
    }

    /// What a server says of itself.
    public struct Version: Sendable, Hashable, Decodable {
        /// The program's version.
        public let version: String
        /// The API's, `v1`.
        public let api: String
    }

    /// What the server is. It asks for a token that is good for reading.
    public func version() async throws -> Version { try await value(Version.self, of: Call(.get, "/version")) }

    /// The server's catalog of base images.
    public func baseImages() async throws -> [ServedBaseImage] {
        struct Answer: Decodable {
            let entries: [ServedBaseImage]

            enum CodingKeys: String, CodingKey { case entries = "base_images" }
        }
        return try await value(Answer.self, of: Call(.get, "/base-images")).entries
    }

    /// What the server is; nil where it does not know who we are.
    public func versionIfKnown() async throws -> Version? {
        do {
            return try await version()
        } catch let error as ClientError where error.failureClass == .authorisation {
            return nil
        }
    }
}
