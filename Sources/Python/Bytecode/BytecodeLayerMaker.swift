public import Content
import Diagnostics
import Layers
import OCI
public import Spec
public import SystemPackage

/// Makes layers of the bytecode of wheels, as `WheelLayerMaker` makes those of the wheels: a layer of several is put together
/// from each wheel's run, so that of a changed layer only the changed wheel is compiled.
public struct BytecodeLayerMaker: Sendable {
    private let store: any RandomAccessBlobStore
    private let wheels: WheelLayerMaker
    private let compiler: BytecodeCompiler
    private let directory: FilePath

    /// Makes layers in a store.
    /// - Parameters:
    ///   - interpreter: who compiles.
    ///   - store: holds the wheels by their digests and takes the layers.
    ///   - records: remembers runs.
    ///   - reusesRuns: whether a kept run is used.
    ///   - directory: for temporary files.
    ///   - timeLimit: how long one wheel may take.
    public init(
        interpreter: BytecodeInterpreter, store: any RandomAccessBlobStore, records: any RecordStore,
        reusesRuns: Bool = true, directory: FilePath, timeLimit: Duration = .seconds(1800)
    ) {
        self.store = store
        self.directory = directory
        wheels = WheelLayerMaker(store: store, records: records, reusesRuns: reusesRuns)
        compiler = BytecodeCompiler(interpreter: interpreter, timeLimit: timeLimit)
    }

    /// Makes a layer.
    /// - Throws: `PythonError` (`compilation_failed`), and what `WheelLayerMaker` throws.
    public func make(_ layer: BytecodeLayer) async throws -> MadeLayer {
        try FileSystem.makeDirectory(directory)
        let scratch = try FileSystem.makeTemporaryDirectory(
            prefix: try FileSystem.absolute(directory).appending("build-"))
        defer { try? FileSystem.removeTree(scratch) }
        let (store, wheels) = (store, wheels)
        if let only = layer.modules.wheels.first, layer.modules.wheels.count == 1 {
            let installed = try await blocking { try store.install(only, in: layer.modules) }
            let files = try await compile(installed, of: only, without: [], in: layer, scratch)
            return try await blocking {
                try LayerMaker.make(in: store) { writer in
                    try Self.writeDirectories(of: files.map(\.header.path), in: layer, by: wheels, to: writer)
                    try wheels.write(files, of: only, to: writer)
                }
            }
        }
        let (parts, exclusions) = try await blocking {
            let parts = try layer.modules.wheels.map { try wheels.part(of: $0, in: layer.modules) }
            return (parts, try WheelContents.exclusions(among: parts.map(\.contents)))
        }
        var runs: [WheelRun] = []
        for (part, lost) in zip(parts, exclusions) {
            runs.append(try await run(of: part, without: lost, in: layer, scratch))
        }
        let finished = runs
        return try await blocking {
            try LayerMaker.make(in: store) { writer in
                let paths = finished.map { $0.record.paths ?? [] }
                try Self.writeDirectories(of: paths.flatMap(\.self), in: layer, by: wheels, to: writer)
                for (run, paths) in zip(finished, paths) {
                    try writer.append(run: run.blob, uncompressedSize: run.record.uncompressedSize, paths: paths)
                }
            }
        }
    }

    private func run(
        of part: WheelLayerMaker.Part, without lost: Set<PathKey>, in layer: BytecodeLayer, _ scratch: FilePath
    ) async throws -> WheelRun {
        let wheel = part.leaving(lost)
        let key = try layer.runKey(of: wheel)
        if let kept = try wheels.keptRun(key) { return kept }
        let (store, wheels) = (store, wheels)
        let installed: InstalledWheel
        if let known = part.installed {
            installed = known
        } else {
            // Whole, as when it had to be read: see `compile`.
            installed = try await blocking { try store.install(part.wheel, in: layer.modules) }
        }
        let excluded = Set(wheel.excluded.map(PathKey.init))
        let files = try await compile(installed, of: wheel, without: excluded, in: layer, scratch)
        return try await blocking {
            try wheels.makeRun(files, of: wheel, key: key, paths: files.map(\.header.path))
        }
    }

    private func compile(
        _ installed: InstalledWheel, of wheel: WheelInstallation, without excluded: Set<PathKey>,
        in layer: BytecodeLayer, _ scratch: FilePath
    ) async throws -> [LayerEntry] {
        let sites = [layer.modules.scheme.purelib, layer.modules.scheme.platlib].map {
            layer.modules.scheme.landing(of: String($0.dropFirst()), isDirectory: true)
        }
        // All of a wheel's modules are compiled whatever it leaves to others: what came before is seen in the bytes.
        let modules = installed.files.filter { file in
            let (directory, name) = LayerPath.split(file.header.path)
            return name.utf8.count > 3 && name.utf8.suffix(3).elementsEqual(".py".utf8)
                && sites.contains { LayerPath.isBelow($0, file.header.path) }
                && LayerPath.split(directory).name != "__pycache__"
        }
        do {
            let compiled = try await compiler.compile(modules, in: scratch)
            let lost = Set(
                modules.lazy.map(\.header.path).filter { excluded.contains(PathKey($0)) }.map {
                    PathKey(BytecodeCompiler.bytecodePath(of: $0, compiler.interpreter.version))
                })
            return compiled.filter { !lost.contains(PathKey($0.header.path)) }
        } catch let error as PythonError {
            throw error.within(FailureContext("wheel", wheel.wheel.filename))
        } catch let error as LayerError {
            throw error.within(FailureContext("wheel", wheel.wheel.filename))
        }
    }

    /// The directories that files of bytecode lie in, as the layer of the wheels has them.
    private static func writeDirectories(
        of files: [String], in layer: BytecodeLayer, by wheels: WheelLayerMaker, to writer: LayerWriter
    ) throws {
        let roots = layer.modules.scheme.roots.map { $0.dropFirst() }
        let directories = Set(files.flatMap { LayerPath.ancestors(of: $0) }.map(PathKey.init)).map(\.path)
            .filter { directory in roots.contains { LayerPath.isBelow($0, directory) } }
        try wheels.write(directories: directories.sorted(by: LayerPath.precedes), of: layer.modules, to: writer)
    }
}
