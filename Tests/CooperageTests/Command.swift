import Content
import Diagnostics
import Foundation
import Glibc
import SystemPackage
import TestSupport

/// The built `cooperage`, run as a child with a cache and a home of its own.
struct Command {
    /// What a run came to.
    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let error: String
    }

    let directory: TemporaryDirectory
    var environment: [String: String]

    init(_ files: [String: String] = [:]) throws {
        directory = try TemporaryDirectory()
        let root = directory.path
        try FileSystem.makeDirectory(root.appending("context"))
        for (name, text) in files { try directory.write(Array(text.utf8), to: "context/\(name)") }
        // Nothing of the machine's own settings: only what it takes to start.
        environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": root.string,
            "COOPERAGE_CACHE_DIR": root.appending("cache").string, "COLUMNS": "80",
        ]
    }

    /// The context.
    var context: FilePath { directory.path.appending("context") }

    /// SwiftPM puts the tests beside the executable.
    static var executable: FilePath {
        get throws { try FileSystem.linkTarget("/proc/self/exe").asPath.removingLastComponent().appending("cooperage") }
    }

    /// Starts a run in the context.
    func start(_ arguments: [String], output: FileHandle, error: FileHandle, input: FileHandle = .nullDevice) throws
        -> Process
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Self.executable.string)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = URL(fileURLWithPath: context.string)
        process.standardInput = input
        process.standardOutput = output
        process.standardError = error
        try process.run()
        return process
    }

    /// Runs in the context to the end.
    func callAsFunction(_ arguments: String...) throws -> Outcome { try run(arguments) }

    /// Runs in the context to the end.
    /// - Parameters:
    ///   - output: where standard output goes, if not into the outcome.
    ///   - input: what standard input holds.
    func run(_ arguments: [String], output: FileHandle? = nil, input: String? = nil) throws -> Outcome {
        // Files rather than pipes, which would block when both are full.
        let (out, err) = (try file("out"), try file("err"))
        var source = FileHandle.nullDevice
        if let input {
            let path = try file("in").path
            try FileSystem.write(input.utf8, to: path)
            source = FileHandle(forReadingAtPath: path.string) ?? source
        }
        let process = try start(arguments, output: output ?? out.handle, error: err.handle, input: source)
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: try text(out.path), error: try text(err.path))
    }

    /// Runs to the end on a thread of its own, while this process serves.
    func runAside(_ arguments: [String], input: String? = nil) async throws -> Outcome {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try run(arguments, input: input) }) }
        }
    }

    /// A new file to write to.
    func file(_ name: String) throws -> (path: FilePath, handle: FileHandle) {
        let path = directory.path.appending("\(name)-\(UInt32.random(in: 0 ... .max))")
        try FileSystem.write([], to: path)
        guard let handle = FileHandle(forWritingAtPath: path.string) else {
            throw ContentError(.notFound, "there is no \(path)")
        }
        return (path, handle)
    }

    /// A file's text, with the temporary directory's name made the same for every run.
    func text(_ path: FilePath) throws -> String {
        String(decoding: try FileSystem.read(path), as: UTF8.self).replacing(directory.path.string, with: "DIR")
    }
}

extension String {
    fileprivate var asPath: FilePath { FilePath(self) }
}
