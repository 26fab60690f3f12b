import Content
import Diagnostics
import Layers
import OCI
import Programs
import Subprocess
import SystemPackage

/// Compiles the modules of one wheel, in a child process that reads them as text: nothing of them is run.
struct BytecodeCompiler: Sendable {
    let interpreter: BytecodeInterpreter
    /// How long one wheel may take.
    let timeLimit: Duration
    /// How much address space the process may have, in bytes; a module that wants more is passed over.
    var memoryLimit: Int64 = 2 << 30

    /// Nobody writes a longer one by hand, and the compiler takes a hundred times as much.
    private static let sourceLimit = 16 << 20

    /// Compiles modules.
    /// - Parameters:
    ///   - modules: files of sources by their paths in the image, which tracebacks will name, in the order in which they
    ///     are compiled.
    ///   - directory: for the process's files; what is returned reads from it.
    /// - Returns: the files of bytecode, mode 0644. A module that does not compile has none, as with installers.
    /// - Throws: `PythonError` (`compilation_failed`), `LayerError` for a damaged source.
    func compile(_ modules: [LayerEntry], in directory: FilePath) async throws -> [LayerEntry] {
        let modules = modules.filter { module in
            if case .file(let size) = module.header.kind { size <= Int64(Self.sourceLimit) } else { false }
        }
        guard !modules.isEmpty else { return [] }
        let (sources, results) = (directory.appending("sources"), directory.appending("results"))
        try await blocking { try Self.write(modules, to: sources) }
        let process = ChildProcess(
            path: interpreter.path, environment: CompilationProgram.environment, directory: directory)
        let arguments =
            CompilationProgram.options + [CompilationProgram.text, sources.string, results.string, "\(memoryLimit)"]
        let output: ProcessOutput?
        do {
            output = try await limited(to: timeLimit) { try await process.run(arguments) }
        } catch let error as SubprocessError {
            throw PythonError(.compilationFailed, "'\(interpreter.path)' could not be run", cause: error)
        }
        guard let output else {
            throw PythonError(.compilationFailed, "bytecode is not compiled after \(timeLimit)")
        }
        guard output.succeeded else {
            throw PythonError(
                .compilationFailed, "bytecode could not be compiled\n\(output.standardError.trimmingEnd)")
        }
        return try await blocking { try Self.read(results, of: modules, version: interpreter.version) }
    }

    private static func write(_ modules: [LayerEntry], to path: FilePath) throws {
        let file = try TemporaryFile(besides: path)
        for module in modules {
            let name = Array("/\(module.header.path)".utf8)
            let text = try module.bytes(limit: sourceLimit)
            try file.write(littleEndian(name.count, width: 4) + name + littleEndian(text.count, width: 8))
            try file.write(text)
        }
        try file.commit(to: path, durably: false)
    }

    private static func read(
        _ path: FilePath, of modules: [LayerEntry], version: PythonVersion
    ) throws -> [LayerEntry] {
        let file = try FileReader(path)
        var place: Int64 = 0
        var compiled: [LayerEntry] = []
        for module in modules {
            let length = try file.bytes(at: place, count: 8).reversed().reduce(0 as Int64) { $0 << 8 | Int64($1) }
            guard length >= 0, place + 8 + length <= file.size else {
                throw PythonError(.compilationFailed, "the compiled modules cannot be read")
            }
            if length > 0 {
                let entry = TarEntry(
                    path: bytecodePath(of: module.header.path, version), kind: .file(size: length), mode: 0o644,
                    uid: module.header.uid, gid: module.header.gid, modified: module.header.modified)
                compiled.append(LayerEntry(entry, content: .plain(PlainSpan(offset: place + 8) { file })))
            }
            place += 8 + length
        }
        return compiled.sorted { LayerPath.precedes($0.header.path, $1.header.path) }
    }

    /// `a/__pycache__/b.cpython-311.pyc` for `a/b.py` (PEP 3147).
    static func bytecodePath(of module: String, _ version: PythonVersion) -> String {
        let (directory, name) = LayerPath.split(module)
        let file = "__pycache__/\(name.dropLast(3)).cpython-\(version.major)\(version.minor).pyc"
        return directory.isEmpty ? file : "\(directory)/\(file)"
    }

    private static func littleEndian(_ number: Int, width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
}
