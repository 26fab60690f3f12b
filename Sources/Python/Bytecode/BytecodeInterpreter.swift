public import Content
import Diagnostics
import OCI
import Programs
import Spec
import Subprocess
public import SystemPackage

/// An interpreter of this machine that compiles modules for an image: CPython, of the image's minor version, whose bytecode
/// its Python can read.
public struct BytecodeInterpreter: Sendable, Hashable {
    /// The executable.
    public let path: FilePath
    /// Its full version.
    public let version: PythonVersion

    /// What is kept of one that was found.
    private struct Known: Codable {
        let path: String
        let version: PythonVersion
        let identity: [Int64]
    }

    /// Finds one as builds of sources find theirs: by uv, which downloads none for it. One of the image's very version goes
    /// before others of its minor version.
    ///
    /// The answer is kept while the executable and the directories on the PATH stay as they are.
    /// - Parameters:
    ///   - target: the image's version.
    ///   - environment: what uv may see.
    ///   - records: where the answer is kept.
    ///   - cache: a directory for uv's cache.
    /// - Throws: `PythonError` (`build_python_missing`).
    public static func find(
        for target: PythonVersion, environment: [String: String], records: any RecordStore, cache: FilePath
    ) async throws -> BytecodeInterpreter {
        let uv = try await UvTool.find(environment: environment, records: records)
        let uvEnvironment = UvEnvironment(
            user: environment, indexes: PackageIndexes(), cache: cache.appending("uv"), uv: uv.path)
        let record = try record(target, uv, uvEnvironment)
        if let known = try records.value(Known.self, for: record),
            try identity(of: FilePath(known.path)) == known.identity
        {
            return BytecodeInterpreter(path: FilePath(known.path), version: known.version)
        }
        try FileSystem.makeDirectory(cache)
        // Of a version before its release the bytecode may be another.
        let requests = ["\(target)"] + (target.prerelease.isEmpty ? [target.series] : [])
        var words = ""
        for request in requests {
            let output = try await uv.run(
                ["python", "find", "--no-project", "cpython@\(request)"],
                variables: uvEnvironment.variables.merging(uvEnvironment.interpreterVariables) { $1 },
                directory: try FileSystem.absolute(cache))
            guard output.succeeded else {
                words = URLCredentials.redacted(output.standardError).trimmingEnd
                continue
            }
            let path = FilePath(String(output.standardOutput.prefix { $0 != "\n" }))
            guard let version = try await version(of: path), version.series == target.series else { continue }
            if let identity = try identity(of: path) {
                try records.setValue(Known(path: path.string, version: version, identity: identity), for: record)
            }
            return BytecodeInterpreter(path: path, version: version)
        }
        throw missing(target, words: words)
    }

    static func missing(_ target: PythonVersion, words: String) -> PythonError {
        let wanted = target.prerelease.isEmpty ? target.series : "\(target)"
        return PythonError(
            .buildPythonMissing,
            "bytecode is made by Python \(wanted), the image's, which is not on this machine"
                + (words.isEmpty ? "" : "\n\(words)"),
            hints: [
                "install python\(wanted), or 'uv python install \(target)' and set UV_PYTHON_PREFERENCE=managed",
                "or leave the bytecode out: --no-compile-bytecode",
            ])
    }

    private static func record(
        _ target: PythonVersion, _ uv: UvTool, _ environment: UvEnvironment
    ) throws -> RecordKey {
        var key = KeyBuilder(kind: "bytecode-interpreter", formatVersion: 1)
        key.append("\(target)")
        key.append(uv.version)
        let settings = environment.variables.merging(environment.interpreterVariables) { $1 }
            .filter { $0.key.hasPrefix("UV_PYTHON") || ["HOME", "VIRTUAL_ENV", "PYENV_VERSION"].contains($0.key) }
        key.append(settings.sorted { $0.key < $1.key }) { key, setting in
            key.append(setting.key)
            key.append(setting.value)
        }
        let directories = (environment.variables["PATH"] ?? "").split(separator: ":").map(String.init)
        key.append(directories) { key, directory in
            key.append(directory)
            key.append((try? FileSystem.status(FilePath(directory)))?.modified ?? 0)
        }
        return RecordKey(kind: "bytecode-interpreters", digest: try key.digest())
    }

    private static func identity(of path: FilePath) throws -> [Int64]? {
        try FileSystem.status(path).map { [$0.size, $0.modified, $0.changed, Int64(clamping: $0.inode)] }
    }

    /// The full version of a CPython; nil for another Python, or none.
    private static func version(of path: FilePath) async throws -> PythonVersion? {
        let process = ChildProcess(path: path, environment: CompilationProgram.environment, directory: "/")
        do {
            let output = try await process.run(CompilationProgram.options + [CompilationProgram.identification])
            let words = output.standardOutput.split(whereSeparator: \.isWhitespace)
            guard output.succeeded, words.count == 2, words[0] == "cpython" else { return nil }
            return PythonVersion(words[1])
        } catch is SubprocessError {
            return nil
        }
    }
}
