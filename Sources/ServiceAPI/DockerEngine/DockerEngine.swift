import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import Service

/// The calls of the Docker Engine API that docker's clients make to build, name and push images.
struct DockerEngine: Sendable {
    /// How callers are known.
    enum Access: Sendable {
        /// By a token, which docker's configuration file has among its `HttpHeaders`.
        case token(Authentication)
        /// By the socket through which they come, unless they send a token.
        case socket(Caller, Authentication)
    }

    let service: BuildService
    /// The program's version.
    let version: String
    let access: Access
    let metrics: HTTPMetrics

    /// Answers a call, and logs it once.
    func respond(to call: EngineCall, _ request: Request, _ context: APIContext) async -> Response {
        let start = ContinuousClock.now
        var response: Response
        do {
            response = try await answer(call, request, context)
        } catch {
            let problem = error is CancellationError ? Self.stopping : Problem(engine: error)
            if problem.status >= 500, problem.status != 501 { context.logger.error("\(error)") }
            response = (try? EngineMessage.response(problem)) ?? Response(status: .internalServerError)
        }
        response.headers[.apiVersion] = EngineVersion.newest.description
        if request.method == .head { response = response.createHeadResponse() }
        let seconds = start.duration(to: .now) / .seconds(1)
        metrics.record(
            method: request.method.rawValue, route: call.route, status: response.status.code, seconds: seconds)
        context.logger.info(
            "request",
            metadata: [
                "method": "\(request.method.rawValue)", "route": "\(call.route)", "status": "\(response.status.code)",
                "milliseconds": "\(Int(seconds * 1000))",
            ])
        return response
    }

    private static let stopping = Problem(
        status: 503, code: "unavailable", detail: "the server is stopping", hints: ["try again"])

    private func answer(_ call: EngineCall, _ request: Request, _ context: APIContext) async throws -> Response {
        if let version = call.version, version > .newest || version < .oldest {
            throw Problem(
                status: 400, code: "invalid_request",
                detail: version > .newest
                    ? "client version \(version) is too new. Maximum supported API version is \(EngineVersion.newest)"
                    : "client version \(version) is too old. Minimum supported API version is \(EngineVersion.oldest)")
        }
        // Clients ask this first, before they say who they are.
        if call.kind == .ping { return ping() }
        var context = context
        context.caller = try await caller(request, context)
        context.logger[metadataKey: "caller"] = "\(context.caller?.name ?? "")"
        switch call.kind {
        case .ping: return ping()
        case .version:
            _ = try context.scope(.reader)
            return try JSONAnswer.response(EngineVersionDocument(version))
        case .info:
            let scope = try await context.scope(.reader, in: service)
            return try JSONAnswer.response(
                EngineInfoDocument(version, images: try await service.namedImages(project: scope.project).count))
        case .login:
            _ = try context.scope(.reader)
            return try JSONAnswer.response([
                "Status": "Not tried: the login is used with the next build or push", "IdentityToken": "",
            ])
        case .build: return try await build(request, context)
        case .listImages: return try await list(request, context)
        case .pull: return try await pull(request, context)
        case .inspect(let name): return try await inspect(name, context)
        case .tag(let name): return try await tag(name, request, context)
        case .push(let name): return try await push(name, request, context)
        case .remove(let name): return try await remove(name, request, context)
        case .distribution(let name): return try await distribution(name, request, context)
        case .container(let name):
            _ = try context.scope(.reader)
            throw Problem(status: 404, code: "not_found", detail: "No such container: \(name)")
        case .unserved:
            throw Problem(
                status: 501, code: "not_implemented",
                detail: "Cooperage builds, names and pushes images, and does nothing else of an engine: "
                    + "\(request.method.rawValue) \(request.uri.path) is not served",
                hints: ["containers run where an engine is"])
        }
    }

    private func caller(_ request: Request, _ context: APIContext) async throws -> Caller {
        switch access {
        case .token(let authentication): return try await authentication.caller(of: request, context)
        case .socket(let caller, let authentication):
            guard request.headers[.authorization] != nil else { return caller }
            return try await authentication.caller(of: request, context)
        }
    }

    private func ping() -> Response {
        Response(
            status: .ok,
            headers: [
                .contentType: "text/plain; charset=utf-8", .cacheControl: "no-cache, no-store, must-revalidate",
                .builderVersion: "1", .operatingSystem: "linux",
            ],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "OK")))
    }
}

/// Leads calls of the Docker Engine API to the engine, and all else on.
struct DockerEngineDoor: RouterMiddleware {
    typealias Context = APIContext
    let engine: DockerEngine

    func handle(_ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response)
        async throws -> Response
    {
        guard let call = EngineCall(method: request.method, path: request.uri.path) else {
            return try await next(request, context)
        }
        return await engine.respond(to: call, request, context)
    }
}

extension HTTPField.Name {
    // Tokens by RFC 9110, so there are names; Accept would only be wrong, not unsafe.
    /// `API-Version`.
    static let apiVersion = HTTPField.Name("Api-Version") ?? .accept
    /// `Builder-Version`: 1 is the builder of the engine itself, 2 BuildKit.
    static let builderVersion = HTTPField.Name("Builder-Version") ?? .accept
    /// `OSType`.
    static let operatingSystem = HTTPField.Name("Ostype") ?? .accept
}
