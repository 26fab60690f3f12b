import HTTPTypes
import Hummingbird
import Logging
import Service

/// Gives each request an id, which its answer carries: the client's own where it is well-formed.
struct RequestIdentity: RouterMiddleware {
    typealias Context = APIContext

    func handle(_ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response)
        async throws -> Response
    {
        var context = context
        context.requestID = Self.id(request.headers[.requestID])
        context.logger[metadataKey: "request"] = "\(context.requestID)"
        context.namedProject = request.headers[.project]
        var response = try await next(request, context)
        response.headers[.requestID] = context.requestID
        return response
    }

    /// The given id if it is 1 to 100 visible characters that no log has to escape.
    static func id(_ given: String?) -> String {
        if let given, (1...100).contains(given.utf8.count), given.utf8.allSatisfy(isHarmless) { return given }
        return String(UInt64.random(in: .min ... .max), radix: 16)
    }

    private static func isHarmless(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "-_.:".utf8.contains(byte)
        }
    }
}

extension HTTPField.Name {
    private static func own(_ name: String) -> HTTPField.Name {
        // A token by RFC 9110, so there is one; Accept would only be wrong, not unsafe.
        HTTPField.Name(name) ?? .accept
    }

    /// `X-Request-Id`.
    static let requestID = own("X-Request-Id")
    /// `X-Cooperage-Project`: in which project an administrator of the server acts.
    static let project = own("X-Cooperage-Project")
    /// `Forwarded` (RFC 7239).
    static let forwarded = own("Forwarded")
    /// `X-Forwarded-For`.
    static let forwardedFor = own("X-Forwarded-For")
    /// `Idempotency-Key`.
    static let idempotencyKey = own("Idempotency-Key")
    /// `Prefer` (RFC 7240).
    static let prefer = own("Prefer")
    /// `Preference-Applied` (RFC 7240).
    static let preferenceApplied = own("Preference-Applied")
    /// `Last-Event-ID` of server-sent events.
    static let lastEventID = own("Last-Event-ID")
}
