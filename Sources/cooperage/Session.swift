import Build
import Content
import Diagnostics
import FoundationEssentials
import Interface
import Logging
import Registry
import Spec
import SystemPackage

/// What the verbs share: the environment, the cache, and the display of events.
struct Session: Sendable {
    let environment: [String: String]
    let mode: ProgressMode
    let display: EventDisplay
    private let start: ContinuousClock.Instant

    init(_ progress: ProgressOptions) {
        let environment = ProcessInfo.processInfo.environment
        let start = ContinuousClock.now
        if progress.debug { Self.logRequests() }
        self.environment = environment
        self.start = start
        mode = progress.mode
        let renderer = progress.mode.renderer(
            isLive: Console.isErrorTerminal(environment), palette: Console.errorPalette(environment))
        display = EventDisplay(renderer, clock: { start.duration(to: .now) / .seconds(1) }, write: Console.writeError)
    }

    /// To be called once in a process, as swift-log asks.
    private static func logRequests() {
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = .debug
            return handler
        }
    }

    /// Seconds since the session began.
    var seconds: Double { start.duration(to: .now) / .seconds(1) }

    /// Where requests are made.
    var surroundings: Surroundings {
        get throws {
            guard let directory = FilePath.current else {
                throw ContentError(.fileSystem, "the working directory of this process does not exist any more")
            }
            return Surroundings(
                directory: directory, environment: environment, cache: BuildCache.standardPath(environment: environment)
            )
        }
    }

    /// An engine whose events are shown.
    /// - Parameter hosts: how registries are reached.
    func engine(
        _ hosts: RegistryHosts, _ configure: (inout BuildEngine.Configuration) throws -> Void = { _ in }
    ) throws -> BuildEngine {
        let cache = try BuildCache(BuildCache.standardPath(environment: environment))
        var configuration = BuildEngine.Configuration(cache: cache, environment: environment)
        configuration.hosts = hosts
        try configure(&configuration)
        return try BuildEngine(configuration, events: BuildEvents(display.receive))
    }

    /// Shows what a build came to: the closing table on standard error, the digest references on standard output.
    func finish(_ conclusion: BuildConclusion) throws {
        let summary = display.close()
        Console.writeError(
            try conclusion.text(mode, summary: summary, seconds: seconds, palette: Console.errorPalette(environment)))
        try Console.writeOutput(conclusion.references.map { "\($0)\n" }.joined())
    }

    /// Shows where an image went that was not built.
    func finish(_ result: CopyResult) throws {
        try finish(
            BuildConclusion(
                digest: result.digest, layers: result.blobs, references: [result.reference],
                uploadedBytes: result.uploadedBytes))
    }

    /// Works with the display running, and ends it whatever happens.
    func run<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        defer { display.close() }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask {
                await display.animate { Console.errorSize }
                return nil
            }
            group.addTask { try await work() }
            defer { group.cancelAll() }
            while let value = try await group.next() {
                if let value { return value }
            }
            throw CancellationError()
        }
    }
}

extension FilePath {
    /// The working directory.
    fileprivate static var current: FilePath? {
        let path = FileManager.default.currentDirectoryPath
        return path.isEmpty ? nil : FilePath(path)
    }
}
