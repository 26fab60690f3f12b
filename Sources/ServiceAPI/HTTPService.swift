import Content
import Diagnostics
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import Service
import ServiceLifecycle
import Synchronization
import SystemPackage

/// A router behind an address: listening, TLS, and a stop in good order. What is served is the routers'.
struct HTTPService: ServiceLifecycle.Service {
    private let settings: APISettings
    private let socketMode: UInt32
    private let logger: Logger
    private let onServerRunning: @Sendable (ListenAddress) async -> Void
    private let router: @Sendable () -> Router<APIContext>

    /// - Parameter socketMode: the permission bits of a socket in the file system.
    /// - Throws: `ServiceError` (`invalid_configuration`) where the certificate cannot be used.
    init(
        settings: APISettings, socketMode: UInt32 = 0o660, logger: Logger,
        onServerRunning: @escaping @Sendable (ListenAddress) async -> Void,
        router: @escaping @Sendable () -> Router<APIContext>
    ) throws {
        self.settings = settings
        self.socketMode = socketMode
        self.logger = logger
        self.onServerRunning = onServerRunning
        self.router = router
        // What is wrong with the certificate is told before anything is started.
        _ = try settings.tls.map { try $0.configuration() }
    }

    /// Serves until the process stops.
    func run() async throws {
        let start = ServerStart()
        guard case .unix(let path) = settings.address else {
            return try await serve(settings.address.binding, start) { [address = settings.address] channel in
                guard case .tcp(let host, let port) = address else { return address }
                return .tcp(host: host, port: channel.localAddress?.port ?? port)
            }
        }
        let socket = try SocketFile(path)
        defer { if start.isDone { socket.remove() } else { socket.abandon() } }
        try await serve(.unixDomainSocket(path: socket.hidden.string), start) { [socketMode] _ in
            try? socket.show(mode: socketMode)
            return .unix(path)
        }
    }

    private func serve(
        _ binding: BindAddress, _ start: ServerStart, bound: @escaping @Sendable (any Channel) -> ListenAddress
    ) async throws {
        let application = try application(binding, start, bound: bound)
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await application.run() }
                group.addTask {
                    try await gracefulShutdown()
                    try await Task.sleep(for: settings.drain)
                    throw Overdue()
                }
                defer { group.cancelAll() }
                do {
                    try await group.next()
                } catch is Overdue {
                    logger.notice("clients that do not read on are hung up on")
                }
            }
        } catch {
            if start.isDone || error is CancellationError { throw error }
            throw ServiceError(
                .invalidConfiguration, "the server cannot listen on \(settings.address)",
                hints: ["another server may have the address: choose a free one by --listen"], cause: error)
        }
    }

    private struct Overdue: Error {}

    private func application(
        _ binding: BindAddress, _ start: ServerStart, bound: @escaping @Sendable (any Channel) -> ListenAddress
    ) throws -> Application<RouterResponder<APIContext>> {
        let http = HTTP1Channel.Configuration(
            idleTimeout: .init(settings.idleTimeout),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: 16 << 10, maxHeaderListSize: 64 << 10, maxHeaderFieldCount: 100))
        let server: HTTPServerBuilder =
            if let tls = settings.tls {
                try .tls(.http1(configuration: http), tlsConfiguration: try tls.configuration())
            } else {
                .http1(configuration: http)
            }
        let onServerRunning = onServerRunning
        return Application(
            router: router(),
            server: server,
            configuration: ApplicationConfiguration(address: binding, backlog: 1024),
            onServerRunning: { channel in
                start.done()
                await onServerRunning(bound(channel))
            },
            logger: logger)
    }
}

/// Whether the server came so far as to listen.
private final class ServerStart: Sendable {
    private let value = Mutex(false)

    var isDone: Bool { value.withLock { $0 } }
    func done() { value.withLock { $0 = true } }
}

extension ListenAddress {
    fileprivate var binding: BindAddress {
        switch self {
        case .tcp(let host, let port): .hostname(host, port: port)
        case .unix(let path): .unixDomainSocket(path: path.string)
        }
    }
}
