import Content
import Foundation
public import SystemPackage

/// What a program came to that was watched while it ran.
public struct MeasuredRun: Sendable {
    /// Its exit code; nil where a signal ended it.
    public let exitCode: Int32?
    /// What it wrote to its standard error.
    public let error: String
    /// The most memory that it held at any time, in bytes (`VmHWM`). What it grew by in its last milliseconds is lost.
    public let peakBytes: Int64
}

/// Runs a program with nothing but the environment given, while other tests go on, and watches its memory.
public func runMeasured(_ program: FilePath, _ arguments: [String], environment: [String: String]) async throws
    -> MeasuredRun
{
    try await blocking {
        let scratch = try TemporaryDirectory()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program.string)
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle(forWritingAtPath: try scratch.write([], to: "err").string)
        try process.run()
        var peak: Int64 = 0
        while process.isRunning {
            peak = max(peak, peakMemory(of: process.processIdentifier) ?? 0)
            usleep(5000)
        }
        process.waitUntilExit()
        return MeasuredRun(
            exitCode: process.terminationReason == .exit ? process.terminationStatus : nil,
            error: String(decoding: try FileSystem.read(scratch.path.appending("err")), as: UTF8.self), peakBytes: peak)
    }
}

/// The kernel keeps this mark itself, so that to look now and then misses nothing but the end.
private func peakMemory(of process: Int32) -> Int64? {
    guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") })
    else { return nil }
    return Int64(line.filter(\.isNumber)).map { $0 << 10 }
}
