import Content
import Diagnostics
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Service

/// An error as clients are told it: a problem document (RFC 9457).
struct Problem: Error, Encodable, Sendable {
    /// The HTTP status.
    var status: Int
    /// The error's code, `snake_case`.
    var code: String
    /// What is wrong in this very case.
    var detail: String
    /// Where it happened, `label: value`.
    var context: [String] = []
    /// What to do about it.
    var hints: [String] = []
    /// The digests that were not uploaded, of `missing_content`.
    var missing: [String]?
    /// The request, by which the server's log tells more.
    var requestID: String?
    /// Fields of the answer.
    var headers: HTTPFields = [:]

    private enum CodingKeys: String, CodingKey {
        case type, title, status, detail, code, context, hints, missing
        case requestID = "request_id"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        // No page explains a type: the code does, so the type says no more than the status (RFC 9457, 4.2.1).
        try container.encode("about:blank", forKey: .type)
        try container.encode(title, forKey: .title)
        try container.encode(status, forKey: .status)
        try container.encode(detail, forKey: .detail)
        try container.encode(code, forKey: .code)
        try container.encode(context, forKey: .context)
        try container.encode(hints, forKey: .hints)
        try container.encodeIfPresent(missing, forKey: .missing)
        try container.encodeIfPresent(requestID, forKey: .requestID)
    }

    /// The status in words (RFC 9110, 15).
    private var title: String {
        switch status {
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 409: "Conflict"
        case 413: "Content Too Large"
        case 415: "Unsupported Media Type"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 507: "Insufficient Storage"
        default: status < 500 ? "Client Error" : "Internal Server Error"
        }
    }

    /// The answer.
    func response() -> Response {
        var fields = headers
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        let body = (try? JSONAnswer.encode(self)) ?? Data()
        return Response(
            status: HTTPResponse.Status(code: status), headers: fields,
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension Problem {
    /// What an error of any room means to a client.
    init(_ error: any Error) {
        switch error {
        case let problem as Problem: self = problem
        case let error as ServiceError: self.init(service: error)
        case let error as ContentError where error.code == .noSpace:
            self.init(status: 507, code: error.codeName, detail: "the server has no room left for it")
        case let error as any Diagnostic:
            self.init(diagnostic: error, status: error.blame == .request ? 422 : 500)
        case let error as any HTTPResponseError: self.init(http: error)
        default: self.init(status: 500, code: "internal", detail: "the server failed; its log says how")
        }
    }

    private init(diagnostic error: any Diagnostic, status: Int) {
        // What fails inside is for the log: it may tell of places and statements.
        guard status != 500 else {
            self.init(status: 500, code: error.codeName, detail: "the server failed; its log says how")
            return
        }
        self.init(
            status: status, code: error.codeName, detail: error.message,
            context: error.context.map { "\($0.label): \($0.value)" }, hints: error.hints)
    }

    private init(service error: ServiceError) {
        let status =
            switch error.code {
            case .notFound: 404
            case .tooLarge: 413
            case .conflict, .missingContent: 409
            case .unauthenticated: 401
            case .forbidden, .againstPolicy: 403
            case .tooMany: 429
            case .baseUnavailable: 502
            case .databaseUnavailable: 503
            case .databaseFailed, .undecipherable, .invalidConfiguration, .abandoned: 500
            case .timedOut: 504
            default: 422
            }
        self.init(diagnostic: error, status: status)
        if error.code == .missingContent {
            missing = error.context.filter { $0.label == "missing" }.map(\.value)
            context = error.context.filter { $0.label != "missing" }.map { "\($0.label): \($0.value)" }
        }
        if status == 401 { headers[.wwwAuthenticate] = "Bearer realm=\"cooperage\"" }
        if status == 429 || status == 503 { headers[.retryAfter] = "5" }
    }

    private init(http error: any HTTPResponseError) {
        let code =
            switch error.status.code {
            case 404: "not_found"
            case 405: "method_not_allowed"
            case 413: "too_large"
            case 415: "unsupported_media_type"
            case 503: "unavailable"
            default: error.status.code < 500 ? "invalid_request" : "internal"
            }
        let detail = (error as? HTTPError)?.body ?? error.status.reasonPhrase.lowercased()
        self.init(status: error.status.code, code: code, detail: detail)
    }
}
