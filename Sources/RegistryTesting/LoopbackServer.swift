import FlyingFox
import FlyingSocks
import Foundation
import Synchronization

/// An HTTP server in this process, on a free port of 127.0.0.1, that answers as a closure says and keeps account of
/// what it was asked. It can also do what no honest server does: hang up in the middle of an answer.
public final class LoopbackServer: Sendable {
    /// Answers a request.
    public typealias Handler = @Sendable (LoopbackRequest) async throws -> LoopbackResponse

    /// `127.0.0.1:port`.
    public let host: String
    private let server: HTTPServer
    private let running: Task<Void, any Error>
    private let record: RequestRecord

    /// What was asked so far, in the order of arrival.
    public var requests: [LoopbackRequest] { record.requests.withLock { $0 } }

    /// `http://127.0.0.1:port`.
    public var origin: String { "http://\(host)" }

    /// Starts a server, which runs until `stop`.
    public init(_ handler: @escaping Handler) async throws {
        let record = RequestRecord()
        let handle = ClosureHTTPHandler { request in
            let request = LoopbackRequest(request)
            record.requests.withLock { $0.append(request) }
            let answer = try await handler(request)
            return (request.method == "HEAD" ? answer.withoutBody : answer).response
        }
        let server = HTTPServer(
            address: try .inet(ip4: "127.0.0.1", port: 0), timeout: 300, logger: .disabled, handler: handle)
        running = Task { try await server.run() }
        try await server.waitUntilListening()
        guard case .ip4(_, let port)? = await server.listeningAddress else { throw SocketError.disconnected }
        host = "127.0.0.1:\(port)"
        self.server = server
        self.record = record
    }

    /// Starts a server for the time of an operation.
    public static func run<Value>(
        isolation: isolated (any Actor)? = #isolation, answering handler: @escaping Handler,
        _ operation: (LoopbackServer) async throws -> Value
    ) async throws -> Value {
        let server = try await LoopbackServer(handler)
        do {
            let value = try await operation(server)
            await server.stop()
            return value
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Stops listening and drops all connections.
    public func stop() async {
        await server.stop()
        running.cancel()
    }
}

private final class RequestRecord: Sendable {
    let requests = Mutex<[LoopbackRequest]>([])
}

/// A request as the server got it.
public struct LoopbackRequest: Sendable {
    /// The method.
    public let method: String
    /// The path, without the query.
    public let path: String
    /// The query's names and values in order, decoded.
    public let query: [(name: String, value: String)]
    private let headers: HTTPHeaders
    private let content: HTTPBodySequence

    init(_ request: HTTPRequest) {
        method = request.method.rawValue
        path = request.path
        query = request.query.map { ($0.name, $0.value) }
        headers = request.headers
        content = request.bodySequence
    }

    /// A header field's value.
    public func header(_ name: String) -> String? { headers[HTTPHeader(name)] }

    /// The first value of a name in the query.
    public func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The body, or its beginning.
    /// - Parameter limit: after how many bytes to stop reading.
    public func body(limit: Int = .max) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await chunk in content {
            bytes.append(contentsOf: chunk)
            if bytes.count >= limit { break }
        }
        return bytes
    }

    /// `METHOD path`, for comparison in tests.
    public var line: String { "\(method) \(path)" }
}

/// An answer, and how the server falls short of giving it.
public struct LoopbackResponse: Sendable {
    /// The status.
    public var status: Int
    /// The header fields. A length that is given here is told instead of the body's.
    public var headers: [(String, String)]
    /// The body.
    public var body: [UInt8]
    /// After how many bytes of the body the server hangs up.
    public var cutAfter: Int?

    /// Takes the parts.
    public init(_ status: Int, headers: [(String, String)] = [], body: [UInt8] = [], cutAfter: Int? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.cutAfter = cutAfter
    }

    /// An answer with text.
    public init(_ status: Int, headers: [(String, String)] = [], text: String) {
        self.init(status, headers: headers, body: Array(text.utf8))
    }

    /// No answer: the server hangs up after the head.
    public static let hangUp = LoopbackResponse(200, body: [0], cutAfter: 0)

    /// The answer to a HEAD: the length is told, the body is not sent.
    var withoutBody: LoopbackResponse {
        var answer = self
        if !headers.contains(where: { $0.0 == "Content-Length" }) {
            answer.headers.append(("Content-Length", String(body.count)))
        }
        answer.body = []
        return answer
    }

    var response: HTTPResponse {
        var fields = HTTPHeaders()
        for (name, value) in headers { fields.addValue(value, for: HTTPHeader(name)) }
        let code = HTTPStatusCode(status, phrase: "Status")
        guard let cutAfter else {
            return HTTPResponse(statusCode: code, headers: fields, body: Data(body))
        }
        let cut = CutBody(bytes: Array(body.prefix(cutAfter)))
        return HTTPResponse(statusCode: code, headers: fields, body: HTTPBodySequence(from: cut, count: body.count))
    }
}

/// Bytes that end in an error, at which FlyingFox closes the connection.
private struct CutBody: AsyncBufferedSequence {
    typealias Element = UInt8
    let bytes: [UInt8]

    func makeAsyncIterator() -> Iterator { Iterator(rest: bytes[...]) }

    struct Iterator: AsyncBufferedIteratorProtocol {
        var rest: ArraySlice<UInt8>

        mutating func next() async throws -> UInt8? { try await nextBuffer(suggested: 1)?.first }

        mutating func nextBuffer(suggested count: Int) async throws -> ArraySlice<UInt8>? {
            guard !rest.isEmpty else { throw SocketError.disconnected }
            defer { rest = rest.dropFirst(count) }
            return rest.prefix(count)
        }
    }
}
