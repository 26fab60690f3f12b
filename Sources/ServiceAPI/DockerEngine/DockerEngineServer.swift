import HTTPTypes
import Hummingbird
public import Logging
public import Service
public import ServiceLifecycle

/// The calls of the Docker Engine API on a unix socket: whoever may open it acts in the socket's project.
///
/// In a service group it stops as `APIServer` does.
public struct DockerEngineServer: ServiceLifecycle.Service {
    private let server: HTTPService

    /// Makes a server; `run()` serves.
    /// - Parameters:
    ///   - service: what is served.
    ///   - socket: where, and as whom its callers act.
    ///   - settings: the times that hold for every server; its address is the socket's instead.
    ///   - version: the program's, for clients to see.
    ///   - metrics: counts requests.
    ///   - logger: told of each request.
    ///   - onServerRunning: called once clients can connect.
    public init(
        _ service: BuildService, socket: ServerConfiguration.UnixSocket, settings: APISettings? = nil, version: String,
        metrics: PrometheusRegistry, logger: Logger = Logger(label: "cooperage.engine"),
        onServerRunning: @escaping @Sendable (ListenAddress) async -> Void = { _ in }
    ) throws {
        let address = ListenAddress.unix(socket.path)
        var own = settings ?? APISettings(address: address)
        own.address = address
        // The file system says who comes; nobody listens in between.
        own.tls = nil
        let engine = DockerEngine(
            service: service, version: version,
            access: .socket(
                Caller(name: "socket", project: socket.project, role: socket.role),
                Authentication(
                    service: service, allowsAnonymousLoopback: false,
                    failures: LoginFailures(limit: own.failedLoginLimit))
            ), metrics: HTTPMetrics(registry: metrics))
        server = try HTTPService(
            settings: own, socketMode: socket.mode, logger: logger, onServerRunning: onServerRunning,
            router: {
                let router = Router(context: APIContext.self)
                router.add(middleware: RequestIdentity())
                router.add(middleware: DockerEngineDoor(engine: engine))
                router.add(middleware: NoPage())
                return router
            })
    }

    /// Serves until the process stops.
    /// - Throws: `ServiceError` (`invalid_configuration`) where the socket cannot be had.
    public func run() async throws { try await server.run() }
}

/// Answers what no engine has.
private struct NoPage: RouterMiddleware {
    typealias Context = APIContext

    func handle(_ request: Request, context: APIContext, next: (Request, APIContext) async throws -> Response)
        async throws -> Response
    {
        try JSONAnswer.response(["message": "page not found"], status: .notFound)
    }
}
