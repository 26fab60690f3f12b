import Subprocess
import SystemPackage

/// Another program, run to its end.
struct ChildProcess: Sendable {
    /// The executable.
    let path: FilePath
    /// All that it sees of an environment.
    let environment: [String: String]
    /// Where it starts; nil starts it where we are.
    let directory: FilePath?

    /// Runs it. A cancelled task ends it and its children within a second.
    /// - Throws: `SubprocessError` where it cannot be started.
    func run(_ arguments: [String]) async throws -> ProcessOutput {
        var options = PlatformOptions()
        // A process group of its own: Ctrl-C in the terminal reaches us alone, and we end it and its children in order.
        options.processGroupID = 0
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .milliseconds(500))
        ]
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        do {
            let result = try await Subprocess.run(
                .path(path), arguments: Arguments(arguments), environment: .custom(variables),
                workingDirectory: directory, platformOptions: options,
                output: .string(limit: 64 << 20), error: .string(limit: 4 << 20))
            try Task.checkCancellation()
            var status: Int32 = -1
            if case .exited(let code) = result.terminationStatus { status = code }
            return ProcessOutput(
                status: status, standardOutput: result.standardOutput, standardError: result.standardError)
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw error
        }
    }
}

/// What a program had to say.
struct ProcessOutput: Sendable {
    /// Its exit status; -1 if a signal ended it.
    let status: Int32
    /// What it wrote.
    let standardOutput: String
    /// What it told people. May hold credentials: shown only through `URLCredentials.redacted`.
    let standardError: String

    var succeeded: Bool { status == 0 }
}
