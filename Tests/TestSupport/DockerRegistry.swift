import Foundation
import Glibc
import Synchronization
public import SystemPackage

/// Debian's `docker-registry` (the distribution project's), run for a test on a free port of 127.0.0.1 with its data in
/// a temporary directory.
public final class DockerRegistry: Sendable {
    /// Who may come in.
    public enum Access: Sendable {
        /// Everybody.
        case open
        /// `tester` with the password `secret`.
        case password
        /// Who has a token of a service.
        case token(TokenServer)
    }

    /// How it speaks TLS.
    public struct TLS: Sendable {
        /// Its certificate and key.
        public var certificate: CertificateAuthority.Issued
        /// The authority whose certificates clients have to show; nil asks for none.
        public var clientAuthority: FilePath?

        /// Takes the parts.
        public init(_ certificate: CertificateAuthority.Issued, clientAuthority: FilePath? = nil) {
            self.certificate = certificate
            self.clientAuthority = clientAuthority
        }

        fileprivate var setting: String {
            let clients = clientAuthority.map { ", clientcas: [\"\($0)\"]" } ?? ""
            return ", tls: {certificate: \"\(certificate.file)\", key: \"\(certificate.keyFile)\"\(clients)}"
        }
    }

    /// The user of `Access.password`.
    public static let user = "tester"
    /// The password of `Access.password`.
    public static let password = "secret"
    /// bcrypt, the only form that the registry takes.
    private static let passwordHash = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

    /// `127.0.0.1:port`.
    public let host: String
    private let process = Mutex<ServerProcess?>(nil)
    private let directory: TemporaryDirectory
    private let configurationFile: String

    private init(_ access: Access, _ tls: TLS?) async throws {
        directory = try TemporaryDirectory()
        let root = directory.path
        var configuration = """
            version: 0.1
            log: {level: info, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: "\(root)/data"}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:0"\(tls?.setting ?? "")}

            """
        if case .password = access {
            try Data("\(Self.user):\(Self.passwordHash)\n".utf8).write(to: URL(fileURLWithPath: "\(root)/htpasswd"))
            configuration += "auth: {htpasswd: {realm: test, path: \"\(root)/htpasswd\"}}\n"
        }
        if case .token(let server) = access {
            configuration += """
                auth:
                  token:
                    realm: "\(server.realm)"
                    service: "\(TokenServer.service)"
                    issuer: "\(TokenServer.issuer)"
                    rootcertbundle: "\(server.certificateFile)"

                """
        }
        configurationFile = "\(root)/config.yml"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: configurationFile))
        let (started, address) = try await Self.start(configurationFile)
        process.withLock { $0 = started }
        host = address
        // From now on it is there and nowhere else.
        let fixed = configuration.replacing("127.0.0.1:0", with: address)
        try Data(fixed.utf8).write(to: URL(fileURLWithPath: configurationFile))
    }

    private static func start(_ file: String) async throws -> (ServerProcess, host: String) {
        let process = try ServerProcess(
            "docker-registry", ["serve", file], package: "docker-registry",
            environment: ["OTEL_TRACES_EXPORTER": "none"])
        let address = try await process.firstMatch(after: "listening on ")
        return (process, String(address.prefix { $0.isNumber || $0 == "." || $0 == ":" }))
    }

    /// Where it keeps what it was given.
    public var storage: FilePath { directory.path.appending("data") }

    /// Ends it as a power failure would; its data stay.
    public func stop() { process.withLock { $0.take() }?.stop() }

    /// Starts it again where it was.
    public func start() async throws {
        let (started, _) = try await Self.start(configurationFile)
        process.withLock { $0 = started }
    }

    /// Makes it say nothing more, while connections stay open.
    public func pause() { process.withLock { $0 }?.send(SIGSTOP) }

    /// Makes it go on.
    public func resume() { process.withLock { $0 }?.send(SIGCONT) }

    /// Runs a registry for the time of an operation.
    public static func run<Value>(
        _ access: Access = .open, tls: TLS? = nil, isolation: isolated (any Actor)? = #isolation,
        _ operation: (DockerRegistry) async throws -> Value
    ) async throws -> Value {
        let registry = try await DockerRegistry(access, tls)
        defer { registry.stop() }
        return try await operation(registry)
    }
}
