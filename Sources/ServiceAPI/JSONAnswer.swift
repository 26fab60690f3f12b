import FoundationEssentials
import HTTPTypes
import Hummingbird
import Service

/// Answers in JSON: sorted members, slashes as they are, times as RFC 3339.
enum JSONAnswer {
    /// The bytes of a value.
    static func encode(_ value: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(value)
    }

    /// The answer with a value. What one caller sees is nobody else's, and changes.
    static func response(
        _ value: some Encodable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        var fields = headers
        fields[.contentType] = "application/json"
        fields[.cacheControl] = "no-store"
        return Response(
            status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: try encode(value))))
    }
}

extension ServerTime {
    /// RFC 3339 in UTC with milliseconds: `2026-11-24T10:00:00.000Z`.
    var rfc3339: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}
