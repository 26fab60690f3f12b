import Build
import Content
import Diagnostics
import FoundationEssentials
import HTTPTypes
import Hummingbird
import OCI
import Service

/// Whether the server lives and can work, what it is, and what it counts.
struct StatusRoutes {
    let service: BuildService
    let version: String
    let metrics: PrometheusRegistry
    /// The OpenAPI document.
    let document: Data
    /// The stores on disk and their sizes in bytes.
    let storeSizes: @Sendable () async throws -> [(String, Int64)]

    /// What anybody may ask.
    func addOpen(to router: Router<APIContext>) {
        router.get("/api/v1/openapi.json") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json", .cacheControl: "public, max-age=300"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: document)))
        }
        for path in ["/health", "/api/v1/health"] {
            router.get(RouterPath(path)) { _, _ in try JSONAnswer.response(["status": "ok"]) }
        }
        for path in ["/ready", "/api/v1/ready"] {
            router.get(RouterPath(path)) { _, _ in
                do {
                    try await service.checkReadiness()
                } catch {
                    throw Problem(
                        status: 503, code: "unavailable", detail: "the server cannot work now",
                        hints: ["its log says why"], headers: [.retryAfter: "5"])
                }
                return try JSONAnswer.response(["status": "ready"])
            }
        }
    }

    /// What callers may ask.
    func add(to group: RouterGroup<APIContext>) {
        group.get("/version") { _, context in
            _ = try context.scope(.reader)
            return try JSONAnswer.response(["version": version, "api": "v1"])
        }
        group.get("/base-images") { _, context in
            _ = try context.scope(.reader)
            let catalog = BaseCatalog(directories: service.settings.baseImageDirectories)
            let entries = try await blocking {
                do {
                    return try catalog.definitions().map { try BaseImageDocument($0) }
                } catch {
                    throw ServiceError(.invalidConfiguration, "the catalog of base images cannot be read", cause: error)
                }
            }
            return try JSONAnswer.response(["base_images": entries])
        }
    }

    /// The counters, for those who may read in every project: they name all of them.
    func addMetrics(to group: RouterGroup<APIContext>) {
        group.get("/metrics") { _, context in
            guard try context.scope(.reader).visible == nil else {
                throw ServiceError(
                    .forbidden, "the metrics tell of every project, and the token is for one",
                    hints: ["it takes a token without a project, with the role 'reader'"])
            }
            metrics.replace(
                "cooperage_builds",
                with: try await service.store.activeCounts().map { project, state, count in
                    ([("project", project), ("state", state.rawValue)], Double(count))
                })
            metrics.replace(
                "cooperage_store_bytes",
                with: try await storeSizes().map { store, bytes in ([("store", store)], Double(bytes)) })
            return Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text())))
        }
    }
}

/// An entry of the catalog.
private struct BaseImageDocument: Encodable {
    let name: String
    let description: String
    /// `debian` and the release's name, or a reference.
    let source: String
    let python: String?
    /// What containers start with; nil of an image in a registry, which has its own.
    let config: ImageConfiguration.Execution?

    init(_ definition: BaseImageDefinition) throws {
        name = definition.name
        description = definition.summary
        source =
            switch definition.source {
            case .debian(let release): "debian \(release.suite)"
            case .image(let reference): reference.description
            }
        python = definition.python?.version
        config = try definition.execution()
    }
}
