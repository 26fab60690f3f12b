import Content
import Foundation
import Synchronization
import SystemPackage

/// A real `mariadbd`, run for tests on a free port of 127.0.0.1 with its data in a temporary directory.
public final class MariaDBServer: Sendable {
    /// The port.
    public let port: Int
    /// The certificate that it shows, a PEM file.
    public let certificateFile: String
    private let directory: TemporaryDirectory
    private let certificate: SelfSignedCertificate
    private let process = Mutex<ServerProcess?>(nil)
    private let databases = Mutex(0)

    /// The user that addresses name.
    private static let user = "tester"
    /// Its password.
    public static let password = "s3cret/of+tests"

    /// Makes and starts a server.
    public init() async throws {
        directory = try TemporaryDirectory()
        port = try freePorts(1)[0]
        certificate = try SelfSignedCertificate(in: directory.path)
        certificateFile = certificate.file.string
        let data = directory.path.appending("data")
        _ = try await runAside(
            "mariadb-install-db",
            [
                "--no-defaults", "--datadir=\(data)", "--auth-root-authentication-method=normal", "--skip-test-db",
                "--user=\(NSUserName())",
            ])
        let grants = """
            CREATE USER IF NOT EXISTS '\(Self.user)'@'%' IDENTIFIED BY '\(Self.password)';
            GRANT ALL ON *.* TO '\(Self.user)'@'%';

            """
        try FileSystem.write(grants.utf8, to: directory.path.appending("grants.sql"))
        try await start()
    }

    deinit { stop() }

    /// Starts the server, whose data are as they were.
    public func start() async throws {
        let root = directory.path
        let started = try ServerProcess(
            "mariadbd",
            [
                "--no-defaults", "--user=\(NSUserName())", "--datadir=\(root)/data", "--socket=\(root)/socket",
                "--pid-file=\(root)/pid", "--port=\(port)", "--bind-address=127.0.0.1", "--skip-name-resolve",
                "--init-file=\(root)/grants.sql", "--ssl-cert=\(certificate.file)", "--ssl-key=\(certificate.keyFile)",
                "--innodb-buffer-pool-size=64M", "--innodb-log-file-size=16M", "--max-connections=300",
            ], package: "mariadb-server")
        process.withLock { $0 = started }
        _ = try await started.firstMatch(after: "ready for connections")
    }

    /// Ends the server as a power failure would.
    public func stop() {
        guard let running = process.withLock({ $0.take() }) else { return }
        running.stop()
    }

    /// Makes a database.
    /// - Returns: its address, `mysql://…`.
    public func makeDatabase(options: String = "connections=8") async throws -> String {
        let number = databases.withLock { number in
            number += 1
            return number
        }
        let name = "test_\(number)"
        _ = try await query("CREATE DATABASE \(name)")
        let password = Self.password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        return "mysql://\(Self.user):\(password)@127.0.0.1:\(port)/\(name)?\(options)"
    }

    /// What MariaDB's own client answers.
    public func query(_ sql: String) async throws -> String {
        let output = try await runAside(
            "mariadb",
            [
                "--no-defaults", "--socket=\(directory.path)/socket", "--user=root", "--batch", "--skip-column-names",
                "-e", sql,
            ])
        return String(decoding: output, as: UTF8.self)
    }

    // MARK: One for many tests

    private static let identifier = Mutex<Int32?>(nil)
    private static let common = Mutex<Task<MariaDBServer, any Error>?>(nil)

    /// A server that all tests of the process use, each with databases of its own: making one takes seconds. It ends with
    /// the process.
    public static func shared() async throws -> MariaDBServer {
        let task = common.withLock { common in
            if let common { return common }
            let task = Task {
                let server = try await MariaDBServer()
                identifier.withLock { $0 = server.process.withLock { $0?.identifier } }
                atexit { if let identifier = MariaDBServer.identifier.withLock({ $0 }) { kill(identifier, SIGKILL) } }
                return server
            }
            common = task
            return task
        }
        return try await task.value
    }
}
