import FlyingFox
import Foundation

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

    /// Path and query, as they stand in a URL.
    public var target: String {
        var parts = URLComponents()
        parts.path = path
        if !query.isEmpty { parts.queryItems = query.map { URLQueryItem(name: $0.name, value: $0.value) } }
        return parts.string ?? path
    }

    /// A header field's value.
    public func header(_ name: String) -> String? { headers[HTTPHeader(name)] }

    /// The first value of a name in the query.
    public func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// The body, or its beginning.
    /// - Parameter limit: after how many bytes to stop reading.
    public func body(limit: Int = .max) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await forEachPiece(limit: limit) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// Hands the body on as it comes, so that none of it is kept.
    /// - Parameters:
    ///   - limit: after how many bytes to stop reading.
    ///   - slowly: how long to wait after each 64 KiB.
    public func forEachPiece(
        limit: Int = .max, slowly: Duration = .zero, _ body: (ArraySlice<UInt8>) throws -> Void
    ) async throws {
        var (left, sinceWait) = (limit, 0)
        for try await piece in content {
            try body(ArraySlice(piece.prefix(left)))
            left -= piece.count
            sinceWait += piece.count
            if slowly > .zero, sinceWait >= 64 << 10 {
                sinceWait = 0
                try await Task.sleep(for: slowly)
            }
            if left <= 0 { break }
        }
    }

    /// `METHOD path`, for comparison in tests.
    public var line: String { "\(method) \(path)" }
}
