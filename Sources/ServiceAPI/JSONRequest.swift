import Diagnostics
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore
import Service

/// Reads the JSON body of a request, and says where it is wrong.
enum JSONRequest {
    /// A body of this length in bytes holds every document but a context's manifest.
    static let usualLimit = 4 << 20

    /// The body as a value.
    /// - Parameter limit: the longest body, in bytes.
    /// - Throws: `Problem` with the path in the document.
    static func decode<Document: RequestDocument>(
        _ type: Document.Type, from request: Request, in context: APIContext, limit: Int = usualLimit
    ) async throws -> Document {
        try checkMediaType(of: request)
        return try decode(type, from: try await body(of: RequestContent(request, context), limit: limit))
    }

    /// The body as a value, or nil where there is none.
    static func decodeIfPresent<Document: RequestDocument>(
        _ type: Document.Type, from request: Request, in context: APIContext
    ) async throws -> Document? {
        let data = try await body(of: RequestContent(request, context), limit: usualLimit)
        if data.isEmpty { return nil }
        try checkMediaType(of: request)
        return try decode(type, from: data)
    }

    private static func checkMediaType(of request: Request) throws {
        let media = request.headers[.contentType].map { $0.prefix { $0 != ";" && $0 != " " }.lowercased() }
        // A page in a browser can send other types to any server, but this one only with the server's leave.
        guard media == "application/json" else {
            throw Problem(
                status: 415, code: "unsupported_media_type",
                detail: media.map { "the body is '\($0)', not JSON" } ?? "the body does not say that it is JSON",
                hints: ["send it as application/json"])
        }
    }

    private static func body(of content: RequestContent, limit: Int) async throws -> Data {
        let tooLarge = ServiceError(.tooLarge, "the body is longer than the \(limit) bytes that it may have")
        guard content.declaredLength.map({ $0 <= Int64(limit) }) ?? true else { throw tooLarge }
        var data = Data()
        for try await piece in content {
            guard data.count + piece.count <= limit else { throw tooLarge }
            data.append(contentsOf: piece)
        }
        return data
    }

    private static func decode<Document: RequestDocument>(_ type: Document.Type, from data: Data) throws -> Document {
        let decoder = JSONDecoder()
        if let key = JSONShapeCheck.shape { decoder.userInfo[key] = Document.shape }
        do {
            _ = try decoder.decode(JSONShapeCheck.self, from: data)
            return try decoder.decode(type, from: data)
        } catch {
            throw problem(error)
        }
    }

    private static func problem(_ error: any Error) -> Problem {
        func path(_ context: DecodingError.Context, _ key: (any CodingKey)? = nil) -> String {
            (context.codingPath + [key].compactMap(\.self)).map { $0.intValue.map(String.init) ?? $0.stringValue }
                .joined(separator: "/")
        }
        func invalid(_ detail: String, at place: String, hints: [String] = []) -> Problem {
            Problem(
                status: 422, code: "invalid_request", detail: detail,
                context: place.isEmpty ? [] : ["member: /\(place)"], hints: hints)
        }
        switch error {
        case let error as JSONShapeCheck.Unknown:
            return invalid(
                "'\(error.name)' is not a member of this document", at: error.place,
                hints: ["it may have \(error.members.map { "'\($0)'" }.joined(separator: ", "))"])
        case let error as any Diagnostic:
            return Problem(
                status: 422, code: "invalid_request", detail: error.message,
                context: error.context.map { "\($0.label): \($0.value)" }, hints: error.hints)
        case DecodingError.keyNotFound(let key, let context):
            return invalid("'\(key.stringValue)' is missing", at: path(context, key))
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
            return invalid("the value has another type than it should", at: path(context))
        case DecodingError.dataCorrupted(let context):
            if context.codingPath.isEmpty {
                return Problem(status: 400, code: "invalid_json", detail: "the body is not a JSON document")
            }
            return invalid(context.debugDescription, at: path(context))
        default: return invalid("the body cannot be read", at: "")
        }
    }
}
