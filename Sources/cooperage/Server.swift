import Build
import Content
import Database
import Glibc
import Interface
import Logging
import Metrics
import Service
import ServiceAPI
import ServiceLifecycle
import SystemPackage

/// A build service with all its doors, as one process runs it.
struct Server: Sendable {
    private let service: BuildService
    private let configuration: ServerConfiguration
    private let metrics: PrometheusRegistry
    private let logger: Logger

    /// Opens what the server needs: data directory, keys, database.
    init(_ configuration: ServerConfiguration, environment: [String: String], logger: Logger) async throws {
        var configuration = configuration
        try configuration.settings.openRegistries()
        self.configuration = configuration
        self.logger = logger
        metrics = PrometheusRegistry()
        MetricsSystem.bootstrap(metrics)
        let data = configuration.settings.dataDirectory
        let isNew = !FileSystem.exists(data)
        try FileSystem.makeDirectory(data)
        // It holds sources and logs of every project. Whom else an existing one is for is the operator's to say.
        if isNew { _ = chmod(data.string, 0o750) }
        let keys = try configuration.vaultKeys(environment: environment)
        let database: any SQLDatabase =
            switch try configuration.databaseAddress(environment: environment) {
            case .sqlite(let file): try SQLiteDatabase(file: file.string)
            case .mysql(let address): MySQLDatabase(address)
            }
        service = BuildService(
            store: try await SQLMetadataStore(database), vault: Vault(keys: keys), settings: configuration.settings)
        try await service.checkReadiness()
        try await service.apply(configuration)
        try await service.renewSecrets()
    }

    /// The administrator's token, if there was none yet.
    func firstToken() async throws -> String? { try await service.createFirstToken()?.secret }

    /// Serves until the task is cancelled, then stops in good order: no new requests, then no new builds.
    func run() async throws {
        let (service, metrics, logger) = (service, metrics, logger)
        var settings = APISettings(address: configuration.listen, tls: configuration.tls)
        settings.allowsAnonymousLoopback = configuration.allowsAnonymousLoopback
        let scheme = configuration.tls == nil ? "http" : "https"
        let api = try APIServer(
            service, settings: settings, version: Cooperage.version, metrics: metrics,
            storeSizes: { try await service.storeSizes() },
            onServerRunning: { address in
                // What scripts wait for, and where the port is told that was asked for as 0.
                try? Console.writeOutput("Listening on \(scheme)://\(address)\n")
            })
        // Stopped from the last to the first.
        var services: [any ServiceLifecycle.Service] = [
            WebhookSender(service), Housekeeper(service), WorkerPool(service), api,
        ]
        if let socket = configuration.unixSocket {
            services.append(
                try DockerEngineServer(
                    service, socket: socket, settings: settings, version: Cooperage.version, metrics: metrics,
                    onServerRunning: { address in
                        try? Console.writeOutput("Listening on \(address) for docker's clients\n")
                    }))
        }
        let group = ServiceGroup(services: services, logger: logger)
        // A task of its own: cancelling the verb must not break off what may still end in good order.
        let running = Task { try await group.run() }
        let result = await withTaskCancellationHandler {
            await running.result
        } onCancel: {
            Task { await group.triggerGracefulShutdown() }
        }
        await service.store.close()
        try result.get()
    }
}

extension BuildService {
    /// The bytes on disk by what they are, for the metrics.
    fileprivate func storeSizes() async throws -> [(String, Int64)] {
        let usage = try await storageUsage(tellsKinds: false)
        return [("cache", usage.cacheBytes), ("contexts", usage.contexts.values.reduce(0) { $0 + $1.bytes })]
    }
}
