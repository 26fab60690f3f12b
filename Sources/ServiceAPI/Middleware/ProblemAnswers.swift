import Hummingbird
import Logging
import Service

/// Turns every error into a problem document, and logs each request once: method, route, status, duration and who asked,
/// never a token or a body.
struct ProblemAnswers: RouterMiddleware {
    typealias Context = APIContext
    let metrics: HTTPMetrics
    /// Tells where a request that fits no route is wrong: in its path, or in its method.
    let routes: RouteTable

    func handle(_ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response)
        async throws -> Response
    {
        let start = ContinuousClock.now
        var response: Response
        do {
            response = try await next(request, context)
        } catch {
            var problem = problem(error, request)
            problem.requestID = context.requestID
            if problem.status >= 500 { context.logger.error("\(error)") }
            response = problem.response()
            if request.method == .head { response = response.createHeadResponse() }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        let route = context.endpointPath.flatMap { $0 == "NotFound" ? nil : $0 } ?? "none"
        metrics.record(method: request.method.rawValue, route: route, status: response.status.code, seconds: seconds)
        context.logger.info(
            "request",
            metadata: [
                "method": "\(request.method.rawValue)", "route": "\(route)", "status": "\(response.status.code)",
                "milliseconds": "\(Int(seconds * 1000))",
            ])
        return response
    }

    private func problem(_ error: any Error, _ request: Request) -> Problem {
        switch error {
        case let error as HTTPError where error.status == .notFound:
            let path = request.uri.path
            let methods = routes.methods(for: path)
            if methods.isEmpty {
                return Problem(
                    status: 404, code: "not_found", detail: "there is nothing at '\(path)'",
                    hints: ["/api/v1/openapi.json tells what there is"])
            }
            return Problem(
                status: 405, code: "method_not_allowed",
                detail: "'\(path)' is not for the method \(request.method.rawValue)",
                hints: ["it takes \(methods.joined(separator: ", "))"],
                headers: [.allow: methods.joined(separator: ", ")])
        case is CancellationError:
            return Problem(
                status: 503, code: "unavailable", detail: "the server is stopping", hints: ["try again"],
                headers: [.retryAfter: "5"])
        default: return Problem(error)
        }
    }
}
