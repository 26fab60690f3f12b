import Subprocess
public import SystemPackage

/// Another program, run to its end.
///
/// The room knows how programs are found and run, not what any of them is for: uv, git, an interpreter, a keyring, a
/// helper for registries' passwords.
public struct ChildProcess: Sendable {
    /// The executable.
    public let path: FilePath
    /// All that it sees of an environment.
    public let environment: [String: String]
    /// Where it starts; nil starts it where we are.
    public let directory: FilePath?

    /// Takes the parts.
    public init(path: FilePath, environment: [String: String], directory: FilePath?) {
        self.path = path
        self.environment = environment
        self.directory = directory
    }

    /// Runs it. A cancelled task ends it and its children within a second.
    /// - Parameter input: what it reads on standard input; nil gives it nothing to read.
    /// - Throws: `SubprocessError` where it cannot be started.
    public func run(_ arguments: [String], input: [UInt8]? = nil) async throws -> ProcessOutput {
        do {
            let output =
                if let input {
                    try await run(arguments, reading: ArrayInput.array(input))
                } else {
                    try await run(arguments, reading: NoInput.none)
                }
            try Task.checkCancellation()
            return output
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw error
        }
    }

    private func run(_ arguments: [String], reading input: some InputProtocol) async throws -> ProcessOutput {
        var options = PlatformOptions()
        // A process group of its own: Ctrl-C in the terminal reaches us alone, and we end it and its children in order.
        options.processGroupID = 0
        options.teardownSequence = [
            .gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .milliseconds(500))
        ]
        var variables: [Environment.Key: String] = [:]
        for (name, value) in environment { variables[Environment.Key(stringLiteral: name)] = value }
        let result = try await Subprocess.run(
            .path(path), arguments: Arguments(arguments), environment: .custom(variables),
            workingDirectory: directory, platformOptions: options, input: input,
            output: .string(limit: 64 << 20), error: .string(limit: 4 << 20))
        var status: Int32 = -1
        if case .exited(let code) = result.terminationStatus { status = code }
        return ProcessOutput(
            status: status, standardOutput: result.standardOutput, standardError: result.standardError)
    }
}

/// What a program had to say.
public struct ProcessOutput: Sendable {
    /// Its exit status; -1 if a signal ended it.
    public let status: Int32
    /// What it wrote.
    public let standardOutput: String
    /// What it told people. May hold credentials: who shows it takes them out first.
    public let standardError: String

    /// Takes the parts.
    public init(status: Int32, standardOutput: String, standardError: String) {
        self.status = status
        self.standardOutput = standardOutput
        self.standardError = standardError
    }

    /// Whether it ended well.
    public var succeeded: Bool { status == 0 }
}
