public import Logging
public import Service
public import ServiceLifecycle

// HTTP before the service: routes, documents, authentication, problem documents, metrics. What is done is Service's; this
// room only speaks HTTP.

/// The REST API of a service, served on one address, and beside it the calls of the Docker Engine for who has a token.
///
/// In a service group it stops in good order: it takes no more connections, event streams and waits end at once, other
/// answers may be finished within the settings' `drain`.
public struct APIServer: ServiceLifecycle.Service {
    private let server: HTTPService

    /// Makes a server; `run()` serves.
    /// - Parameters:
    ///   - service: what is served.
    ///   - settings: where.
    ///   - version: the program's, for clients to see.
    ///   - metrics: what `/metrics` hands out, the one that swift-metrics was given.
    ///   - logger: told of each request.
    ///   - storeSizes: the stores on disk and their sizes in bytes, asked with each `/metrics`.
    ///   - onServerRunning: called once clients can connect, with the address and, where that was 0, the port that it got.
    /// - Throws: `ServiceError` (`invalid_configuration`) where the certificate cannot be used.
    public init(
        _ service: BuildService, settings: APISettings, version: String, metrics: PrometheusRegistry,
        logger: Logger = Logger(label: "cooperage.api"),
        storeSizes: @escaping @Sendable () async throws -> [(String, Int64)] = { [] },
        onServerRunning: @escaping @Sendable (ListenAddress) async -> Void = { _ in }
    ) throws {
        let routes = try APIRoutes(
            service: service, settings: settings, version: version, metrics: metrics, storeSizes: storeSizes)
        server = try HTTPService(
            settings: settings, logger: logger, onServerRunning: onServerRunning, router: { routes.router() })
    }

    /// Serves until the process stops.
    /// - Throws: `ServiceError` (`invalid_configuration`) where the address cannot be had.
    public func run() async throws { try await server.run() }
}
