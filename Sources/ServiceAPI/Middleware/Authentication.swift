import Diagnostics
import HTTPTypes
import Hummingbird
import Logging
import Service

/// Finds out who asks, by the bearer token, else by the connection's certificate, and slows down who guesses.
struct Authentication: RouterMiddleware {
    typealias Context = APIContext
    let service: BuildService
    let allowsAnonymousLoopback: Bool
    let failures: LoginFailures

    func handle(_ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response)
        async throws -> Response
    {
        var context = context
        context.caller = try await caller(of: request, context)
        context.logger[metadataKey: "caller"] = "\(context.caller?.name ?? "")"
        return try await next(request, context)
    }

    /// Whom a request without a token comes from. Pages of a browser may send requests to this machine (`Origin`, or a name
    /// of theirs that leads here), and a proxy on this machine passes on those of others.
    private func anonymous(_ request: Request, _ context: APIContext) -> Caller? {
        guard allowsAnonymousLoopback, context.isLocal else { return nil }
        let foreign: [HTTPField.Name] = [.origin, .forwarded, .forwardedFor]
        guard foreign.allSatisfy({ request.headers[$0] == nil }) else { return nil }
        guard let address = context.remoteAddress else {
            return Caller(name: "socket", project: Project.defaultName, role: .builder)
        }
        let host = request.head.authority.map { authority in
            authority.hasPrefix("[")
                ? String(authority.prefix { $0 != "]" }) + "]" : String(authority.prefix { $0 != ":" })
        }
        guard host == "localhost" || host == "[::1]" || host == address else { return nil }
        return Caller(name: "anonymous", project: Project.defaultName, role: .builder)
    }

    /// Who asks without a token.
    private func callerWithoutToken(_ request: Request, _ context: APIContext) async throws -> Caller {
        var refusal = ServiceError(
            .unauthenticated, "the request carries no token", hints: ["send 'Authorization: Bearer <token>'"])
        // What nobody asks for is not read.
        if !service.settings.certificateRules.isEmpty, let peer = await context.peerCertificate() {
            do throws(ServiceError) {
                return try service.caller(certificate: ClientCertificate(peer))
            } catch {
                refusal = error
            }
        }
        if let caller = anonymous(request, context) { return caller }
        throw refusal
    }

    /// Who asks.
    func caller(of request: Request, _ context: APIContext) async throws -> Caller {
        guard let field = request.headers[.authorization] else { return try await callerWithoutToken(request, context) }
        let address = context.remoteAddress ?? "socket"
        if let wait = failures.wait(for: address) {
            var problem = Problem(
                status: 429, code: "too_many", detail: "too many tokens from \(address) were not known here",
                hints: ["wait, then send a token that is known"])
            problem.headers[.retryAfter] = String(wait)
            throw problem
        }
        let parts = field.split(separator: " ", maxSplits: 1).map(String.init)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            failures.failed(address)
            throw ServiceError(
                .unauthenticated, "the request names itself in another way than by a token",
                hints: ["send 'Authorization: Bearer <token>'"])
        }
        do {
            return try await service.caller(bearer: parts[1])
        } catch let error as ServiceError where error.code == .unauthenticated {
            failures.failed(address)
            throw error
        }
    }
}
