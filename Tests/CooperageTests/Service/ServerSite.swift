import Content
import Foundation
import Glibc
import OCI
import ServiceTesting
import Synchronization
import SystemPackage
import TestSupport

/// Whether the tests take the time to prove more (`make soak`).
let isSoak = ProcessInfo.processInfo.environment["COOPERAGE_TEST_SOAK"] == "1"

/// One to several real `cooperage serve` on one data directory and one database. Each has a port of its own, which it keeps
/// across restarts.
final class ServerSite: Sendable {
    struct Settings: Sendable {
        var processes = 1
        var workers = 2
        var drain = "10s"
        var attempts = 1000
        /// The shortest that is allowed: whoever takes over from the dead need not be waited for. A server that is not to
        /// die, but to be busy, gets a longer one.
        var lease = "3s"
        /// `mysql://…`; nil keeps SQLite in the data directory.
        var database: String?
        /// Where the data directory is, if not beside everything else.
        var data: FilePath?
        /// Further lines of the configuration.
        var further = ""
        /// Where its programs are looked for; nil is where the tests' are.
        var searchPath: String?
    }

    let directory: TemporaryDirectory
    let data: FilePath
    let settings: Settings
    /// An administrator's.
    let token: String
    private let ports: [Int]
    private let running: Mutex<[Int: ServerProcess]>
    private let pastLogs = Mutex<[String]>([])

    init(_ settings: Settings = Settings()) async throws {
        directory = try TemporaryDirectory()
        self.settings = settings
        data = settings.data ?? directory.path.appending("data")
        for name in ["home", "tmp"] { try FileSystem.makeDirectory(directory.path.appending(name)) }
        let configuration = """
            data_directory: \(data)
            workers: \(settings.workers)
            lease: \(settings.lease)
            attempts: \(settings.attempts)
            drain: \(settings.drain)
            housekeeping: {interval: 10s}
            search_path: "\(settings.searchPath ?? ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
            \(settings.further)
            """
        try FileSystem.write(configuration.utf8, to: directory.path.appending("server.yaml"))
        ports = try freePorts(settings.processes)
        let first = try await Self.start(directory.path, settings, port: ports[0])
        token = try await first.firstMatch(after: "shown this once:\n\n  ")
        running = Mutex([0: first])
        for number in 1..<max(1, settings.processes) { try await start(number) }
    }

    deinit { stop() }

    /// Runs a site for the time of an operation.
    static func run<Value>(_ settings: Settings = Settings(), _ operation: (ServerSite) async throws -> Value)
        async throws -> Value
    {
        let site = try await ServerSite(settings)
        defer { site.stop() }
        do {
            return try await operation(site)
        } catch {
            print("the servers' logs:\n\(site.logs.suffix(20_000))")
            throw error
        }
    }

    // MARK: Processes

    private static func start(_ root: FilePath, _ settings: Settings, port: Int) async throws -> ServerProcess {
        var environment = [
            "HOME": root.appending("home").string, "TMPDIR": root.appending("tmp").string,
            "COOPERAGE_DATABASE_URL": settings.database ?? "",
        ]
        environment["COOPERAGE_VAULT_KEYS"] = ""
        let process = try ServerProcess(
            Command.executable.string,
            ["serve", "--config", root.appending("server.yaml").string, "--listen", "127.0.0.1:\(port)"],
            package: "cooperage", environment: environment, directory: root)
        _ = try await process.firstMatch(after: "Listening on ")
        return process
    }

    /// Starts a process again, and waits until it serves.
    func start(_ number: Int) async throws {
        let process = try await Self.start(directory.path, settings, port: ports[number])
        running.withLock { $0[number] = process }
    }

    /// Ends a process as a power failure would.
    func kill(_ number: Int) {
        guard let process = running.withLock({ $0.removeValue(forKey: number) }) else { return }
        process.stop()
        pastLogs.withLock { $0.append(process.output) }
    }

    /// Asks a process to stop, and waits for its end.
    /// - Returns: its exit code, nil where a signal ended it, and how long that took.
    func terminate(_ number: Int, within limit: Duration = .seconds(60)) async throws -> (Int32?, Duration) {
        guard let process = running.withLock({ $0[number] }) else { throw NeverHappened("the server runs") }
        let start = ContinuousClock.now
        process.send(SIGTERM)
        try await eventually(within: limit, "the server stops") { !process.isRunning }
        let duration = start.duration(to: .now)
        running.withLock { $0[number] = nil }
        pastLogs.withLock { $0.append(process.output) }
        return (process.exitCode, duration)
    }

    func stop() { for number in 0..<settings.processes { kill(number) } }

    /// What the processes wrote.
    var logs: String {
        let now = running.withLock { $0.sorted { $0.key < $1.key }.map(\.value.output) }
        return (pastLogs.withLock { $0 } + now).joined(separator: "\n")
    }

    /// Where a process is served, whether it runs or not.
    func origin(_ number: Int) -> String { "http://127.0.0.1:\(ports[number])" }

    // MARK: What is left

    /// Every file below the data directory, by its path there.
    func files() throws -> [String] {
        func files(in directory: FilePath) throws -> [String] {
            try FileSystem.names(in: directory).flatMap { name -> [String] in
                let path = directory.appending(name)
                guard try FileSystem.status(path, followingLinks: false)?.kind == .directory else { return [name] }
                return try files(in: path).map { "\(name)/\($0)" }
            }
        }
        return try files(in: data)
    }

    /// The content that is not what its name says: none, however often processes were killed.
    func damagedContent() throws -> (checked: Int, damaged: [String]) {
        let blobs = try files().filter { $0.contains("/blobs/sha256/") }
        let damaged = try blobs.filter { name in
            let digester = try Digester()
            try FileReader(data.pushing(FilePath(name))).forEachChunk { digester.update($0) }
            return digester.finish().encoded != name.split(separator: "/").last.map(String.init)
        }
        return (blobs.count, damaged)
    }

    /// The directories of attempts that are still there.
    func workspaces() throws -> [String] {
        let work = data.appending("work")
        return FileSystem.exists(work) ? try FileSystem.names(in: work) : []
    }
}
