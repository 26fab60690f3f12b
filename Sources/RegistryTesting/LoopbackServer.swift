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
            return (request.method == "HEAD" && answer.cutAfter == nil ? answer.withoutBody : answer).response
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
