import FoundationEssentials
import Hummingbird
import Service

/// The routes of the API, and what every request passes on its way to them.
struct APIRoutes: Sendable {
    let service: BuildService
    let settings: APISettings
    let metrics: PrometheusRegistry
    let status: StatusRoutes
    private let authentication: Authentication
    private let engine: DockerEngine

    init(
        service: BuildService, settings: APISettings, version: String, metrics: PrometheusRegistry,
        storeSizes: @escaping @Sendable () async throws -> [(String, Int64)]
    ) throws {
        self.service = service
        self.settings = settings
        self.metrics = metrics
        status = StatusRoutes(
            service: service, version: version, metrics: metrics, document: try OpenAPIDocument.json(version: version),
            storeSizes: storeSizes)
        authentication = Authentication(
            service: service, allowsAnonymousLoopback: settings.allowsAnonymousLoopback,
            failures: LoginFailures(limit: settings.failedLoginLimit))
        engine = DockerEngine(
            service: service, version: version, access: .token(authentication),
            metrics: HTTPMetrics(registry: metrics))
        metrics.set("cooperage_build_info", labels: [("version", version)], to: 1)
    }

    /// Everything there is to ask.
    func router() -> Router<APIContext> {
        let bare = Router(context: APIContext.self)
        add(to: bare)
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: RequestIdentity())
        router.add(middleware: DockerEngineDoor(engine: engine))
        router.add(middleware: ProblemAnswers(metrics: HTTPMetrics(registry: metrics), routes: RouteTable(bare)))
        add(to: router)
        return router
    }

    func add(to router: Router<APIContext>) {
        status.addOpen(to: router)
        status.addMetrics(to: router.group().add(middleware: authentication))
        let group = router.group("/api/v1").add(middleware: authentication)
        status.add(to: group)
        BuildRoutes(service: service, longestWait: settings.longestWait).add(to: group)
        EventRoutes(service: service, heartbeat: settings.heartbeat).add(to: group)
        FileRoutes(service: service).add(to: group)
        ContextRoutes(service: service).add(to: group)
        AdministrationRoutes(service: service).add(to: group)
    }
}
