public import Content
import Diagnostics
import OCI
import Programs
import Subprocess
public import SystemPackage

/// The installed uv: which one, which version, and running it.
public struct UvTool: Sendable {
    /// The executable.
    public let path: FilePath
    /// Its version, `0.13.9`.
    public let version: String

    /// Finds uv: `COOPERAGE_UV` names it, else it is the first on `PATH`.
    ///
    /// Its version is asked of it once and then remembered by the file's identity, so that a build in which nothing
    /// changed starts no process.
    /// - Throws: `PythonError` (`uv_missing`) with a hint how to install it.
    public static func find(environment: [String: String], records: any RecordStore) async throws -> UvTool {
        let path = try locate(environment)
        guard let status = try FileSystem.status(path) else { throw missing("'\(path)' does not exist") }
        var key = KeyBuilder(kind: "uv-version", formatVersion: 1)
        key.append(path.string)
        for number in [status.size, status.modified, status.changed] { key.append(number) }
        key.append(status.inode)
        let record = RecordKey(kind: "uv-version", digest: try key.digest())
        if let version = try records.value(String.self, for: record) { return UvTool(path: path, version: version) }

        let output = try await run(path, ["--version"], environment: environment, directory: nil)
        // "uv 0.13.9 (x86_64-unknown-linux-gnu)"
        let words = output.standardOutput.split(whereSeparator: \.isWhitespace)
        guard output.succeeded, words.count >= 2, words[0] == "uv" else {
            throw missing("'\(path)' does not answer as uv does: \(URLCredentials.redacted(output.standardError))")
        }
        let version = String(words[1])
        try records.setValue(version, for: record)
        return UvTool(path: path, version: version)
    }

    /// Runs uv to its end. A cancelled task ends it within a second.
    /// - Parameters:
    ///   - environment: all that it sees.
    ///   - directory: where it starts.
    func run(_ arguments: [String], environment: UvEnvironment, directory: FilePath) async throws -> ProcessOutput {
        try await Self.run(path, arguments, environment: environment.variables, directory: directory)
    }

    /// The same in another environment than that of a resolution.
    func run(_ arguments: [String], variables: [String: String], directory: FilePath) async throws -> ProcessOutput {
        try await Self.run(path, arguments, environment: variables, directory: directory)
    }

    private static func locate(_ environment: [String: String]) throws -> FilePath {
        if let named = environment["COOPERAGE_UV"], !named.isEmpty {
            let path = FilePath(named)
            guard isExecutable(path) else { throw missing("'\(path)', which is named as it, is no program") }
            return path
        }
        guard let path = program(named: "uv", in: environment) else { throw missing("uv is not on the PATH") }
        return path
    }

    private static func missing(_ reason: String) -> PythonError {
        PythonError(
            .uvMissing, "uv resolves Python requirements, but \(reason)",
            hints: ["install it with 'pip install uv' or 'pipx install uv', or set COOPERAGE_UV to its path"])
    }

    private static func run(
        _ path: FilePath, _ arguments: [String], environment: [String: String], directory: FilePath?
    ) async throws -> ProcessOutput {
        do {
            return try await ChildProcess(path: path, environment: environment, directory: directory).run(arguments)
        } catch let error as SubprocessError {
            throw PythonError(
                .uvFailed, "'\(path)' could not be run", hints: ["set COOPERAGE_UV to a working uv"], cause: error)
        }
    }
}
