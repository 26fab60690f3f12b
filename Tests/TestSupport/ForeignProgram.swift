import Content
import Foundation
public import SystemPackage

/// Runs a foreign program.
/// - Returns: what it wrote to its standard output.
@discardableResult
public func run(_ command: String, _ arguments: [String], input: [UInt8] = [], environment: [String: String] = [:])
    throws
    -> [UInt8]
{
    struct Problem: Error { let description: String }
    let scratch = try TemporaryDirectory()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    // Files rather than pipes, which would block when both ends are full.
    process.standardInput = FileHandle(forReadingAtPath: try scratch.write(input, to: "in").string)
    process.standardOutput = FileHandle(forWritingAtPath: try scratch.write([], to: "out").string)
    process.standardError = FileHandle(forWritingAtPath: try scratch.write([], to: "err").string)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        let message = String(decoding: try FileSystem.read(scratch.path.appending("err")), as: UTF8.self)
        throw Problem(description: "\(command) ended with \(process.terminationStatus): \(message)")
    }
    return try FileSystem.read(scratch.path.appending("out"))
}

/// Runs a foreign program that takes its time, while other tests go on.
@discardableResult
public func runAside(_ command: String, _ arguments: [String]) async throws -> [UInt8] {
    // On a thread of its own: those of `blocking` are few, and a server of this process needs them to answer the program.
    try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread { continuation.resume(with: Result { try run(command, arguments) }) }
    }
}

/// Runs a Python program whose standard input is bytes.
public func python(_ program: String, _ arguments: [String] = [], input: [UInt8] = []) throws -> [UInt8] {
    try run("python3", ["-c", program] + arguments, input: input)
}

extension TemporaryDirectory {
    /// Writes a file below the directory, whose parents are made.
    @discardableResult
    public func write(_ bytes: [UInt8], to name: String) throws -> FilePath {
        let path = path.pushing(FilePath(name))
        try FileSystem.makeDirectory(path.removingLastComponent())
        try FileSystem.write(bytes, to: path)
        return path
    }
}
