import Foundation
import Synchronization

/// Debian's `docker-registry` (the distribution project's), run for a test on a free port of 127.0.0.1 with its data in
/// a temporary directory.
public final class DockerRegistry: Sendable {
    /// Who may come in.
    public enum Access: Sendable {
        /// Everybody.
        case open
        /// `tester` with the password `secret`.
        case password
    }

    /// The user of `Access.password`.
    public static let user = "tester"
    /// The password of `Access.password`.
    public static let password = "secret"
    /// bcrypt, the only form that the registry takes.
    private static let passwordHash = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"

    /// `127.0.0.1:port`.
    public let host: String
    private let process: ServerProcess
    private let directory: TemporaryDirectory

    private init(_ access: Access) async throws {
        directory = try TemporaryDirectory()
        let root = directory.path
        var configuration = """
            version: 0.1
            log: {level: info, accesslog: {disabled: true}}
            storage: {filesystem: {rootdirectory: "\(root)/data"}, delete: {enabled: true}}
            http: {addr: "127.0.0.1:0"}

            """
        if case .password = access {
            try Data("\(Self.user):\(Self.passwordHash)\n".utf8).write(to: URL(fileURLWithPath: "\(root)/htpasswd"))
            configuration += "auth: {htpasswd: {realm: test, path: \"\(root)/htpasswd\"}}\n"
        }
        let file = "\(root)/config.yml"
        try Data(configuration.utf8).write(to: URL(fileURLWithPath: file))
        process = try ServerProcess(
            "docker-registry", ["serve", file], package: "docker-registry",
            environment: ["OTEL_TRACES_EXPORTER": "none"])
        let address = try await process.firstMatch(after: "listening on ")
        host = String(address.prefix { $0.isNumber || $0 == "." || $0 == ":" })
    }

    /// Runs a registry for the time of an operation.
    public static func run<Value>(
        _ access: Access = .open, isolation: isolated (any Actor)? = #isolation,
        _ operation: (DockerRegistry) async throws -> Value
    ) async throws -> Value {
        let registry = try await DockerRegistry(access)
        defer { registry.process.stop() }
        return try await operation(registry)
    }
}
