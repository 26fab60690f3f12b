import Foundation
import Synchronization
public import SystemPackage

/// A server of the system, run for a test: its output is watched for the line that tells where it listens.
public final class ServerProcess: Sendable {
    /// What keeps a server from running.
    public struct Problem: Error, CustomStringConvertible {
        /// What to tell the developer.
        public let description: String
    }

    private struct State {
        var output = ""
        var isOver = false
        var waiting: [(marker: String, continuation: CheckedContinuation<String, any Error>)] = []
    }

    private let process: Process
    private let name: String
    private let state = Mutex(State())

    /// Starts a server.
    /// - Parameters:
    ///   - command: found in PATH, `/usr/bin` or `/usr/sbin`; a path is taken as it is.
    ///   - package: the Debian package that has it.
    ///   - environment: variables beside the test's own.
    ///   - directory: where it runs; the test's own unless given.
    public init(
        _ command: String, _ arguments: [String], package: String, environment: [String: String] = [:],
        directory: FilePath? = nil
    ) throws {
        name = command
        let path = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        let places =
            command.contains("/") ? [command] : (path + ["/usr/bin", "/usr/sbin"]).map { "\($0)/\(command)" }
        guard let executable = places.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw Problem(description: "this test needs \(command): apt-get install \(package)")
        }
        process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        if let directory { process.currentDirectoryURL = URL(fileURLWithPath: directory.string) }
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        // A thread, not a `readabilityHandler`: dispatch crashes now and then where a handler ends itself and its pipe is
        // closed at that moment, and servers that tests kill end by the hundred.
        let handle = pipe.fileHandleForReading
        Thread.detachNewThread { [weak self] in
            while true {
                let data = handle.availableData
                self?.take(data)
                if data.isEmpty { return }
            }
        }
    }

    deinit { stop() }

    /// Ends the server.
    public func stop() {
        guard process.isRunning else { return }
        // Not SIGTERM: a child inherits the signals that dispatch's threads block, and would wait for ever.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Its process id.
    public var identifier: Int32 { process.processIdentifier }
    /// Whether it still runs.
    public var isRunning: Bool { process.isRunning }

    /// What it wrote so far.
    public var output: String { state.withLock { $0.output } }
    /// Its exit code; nil while it runs, or where a signal ended it.
    public var exitCode: Int32? {
        process.isRunning || process.terminationReason != .exit ? nil : process.terminationStatus
    }

    /// Sends it a signal.
    public func send(_ signal: Int32) { if process.isRunning { kill(process.processIdentifier, signal) } }

    /// Waits for a command that ends by itself.
    public func waitUntilExit() { process.waitUntilExit() }

    /// What follows a text in the server's output, to the end of the line, as soon as it is there.
    /// - Throws: `Problem` with the output when the server ends before.
    public func firstMatch(after marker: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            state.withLock { $0.waiting.append((marker, continuation)) }
            answer()
        }
    }

    private func take(_ data: Data) {
        state.withLock { state in
            state.output += String(decoding: data, as: UTF8.self)
            if data.isEmpty { state.isOver = true }
        }
        answer()
    }

    private func answer() {
        let name = name
        state.withLock { state in
            state.waiting.removeAll { marker, continuation in
                if let found = state.output.range(of: marker),
                    let end = state.output[found.upperBound...].firstIndex(of: "\n")
                {
                    continuation.resume(returning: String(state.output[found.upperBound..<end]))
                    return true
                }
                guard state.isOver else { return false }
                continuation.resume(throwing: Problem(description: "\(name) ended at once: \(state.output)"))
                return true
            }
        }
    }
}
