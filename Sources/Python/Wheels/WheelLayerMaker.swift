public import Content
import Diagnostics
import Layers
import OCI
public import Spec

/// Makes layers of wheels out of the store that holds the wheels.
///
/// A layer is its directories, then one run of members for each wheel, then the tar's end. A layer of one wheel is
/// written in one pass; where several share a layer each wheel's run is kept, so that a layer in which one wheel
/// changed is put together from runs rather than made again.
public struct WheelLayerMaker: Sendable {
    private let store: any RandomAccessBlobStore
    private let records: any RecordStore
    private let reusesRuns: Bool

    /// Makes layers in a store.
    /// - Parameters:
    ///   - store: holds the wheels by their digests and takes the layers.
    ///   - records: remembers runs.
    ///   - reusesRuns: whether a kept run is used.
    public init(store: any RandomAccessBlobStore, records: any RecordStore, reusesRuns: Bool = true) {
        self.store = store
        self.records = records
        self.reusesRuns = reusesRuns
    }

    /// Makes a layer.
    /// - Throws: `WheelError` or `LayerError` with the wheel's name in the context, `ContentError` when a wheel is not
    ///   in the store.
    public func make(_ layer: WheelLayer) throws -> MadeLayer {
        if let only = layer.wheels.first, layer.wheels.count == 1 {
            let installed = try install(only, in: layer)
            return try LayerMaker.make(in: store) { writer in
                try write(directories: installed.directories, of: layer, to: writer)
                try write(installed.files, of: only, to: writer)
            }
        }
        let runs = try runs(of: layer)
        return try LayerMaker.make(in: store) { writer in
            let directories = Set(runs.flatMap(\.record.directories)).sorted(by: LayerPath.precedes)
            try write(directories: directories, of: layer, to: writer)
            for run in runs { try writer.append(run: run.blob, uncompressedSize: run.record.uncompressedSize) }
        }
    }

    // MARK: Runs

    private struct RunRecord: Codable {
        let digest: Digest
        let size: Int64
        let uncompressedSize: Int64
        let directories: [String]
        let files: [String]
    }

    /// The runs of a layer's wheels, in which each path stands once: of several wheels that own it the last one wins, as
    /// the uppermost of several layers does. Runtimes refuse a layer that holds a path twice.
    private func runs(of layer: WheelLayer) throws -> [(record: RunRecord, blob: Blob)] {
        var taken: Set<String> = []
        let runs = try layer.wheels.reversed().map { wheel in
            var run = try run(of: wheel, in: layer)
            let lost = run.record.files.filter { taken.contains($0) }
            if !lost.isEmpty {
                let rest = WheelInstallation(wheel: wheel.wheel, excluded: (wheel.excluded + lost).sorted())
                run = try self.run(of: rest, in: layer)
            }
            taken.formUnion(run.record.files)
            return run
        }
        return runs.reversed()
    }

    private func run(of wheel: WheelInstallation, in layer: WheelLayer) throws -> (record: RunRecord, blob: Blob) {
        let key = try layer.runKey(of: wheel)
        if reusesRuns, let record = try records.value(RunRecord.self, for: key),
            let blob = try store.blob(record.digest), blob.size == record.size
        {
            return (record, blob)
        }
        let installed = try install(wheel, in: layer)
        var size: Int64 = 0
        let blob = try LayerMaker.makeRun(in: store) { writer in
            try write(installed.files, of: wheel, to: writer)
            size = writer.uncompressedSize
        }
        let record = RunRecord(
            digest: blob.digest, size: blob.size, uncompressedSize: size, directories: installed.directories,
            files: installed.files.map(\.header.path))
        try records.setValue(record, for: key)
        return (record, blob)
    }

    // MARK: Entries

    private func install(_ installation: WheelInstallation, in layer: WheelLayer) throws -> InstalledWheel {
        let reference = installation.wheel
        guard let source = try store.randomAccess(reference.digest) else {
            throw ContentError(
                .notFound, "the wheel \(reference.filename) (\(reference.digest)) is not in the store")
        }
        do {
            return try InstalledWheel(
                Wheel(source, filename: reference.filename), layer: layer, excluded: installation.excluded)
        } catch let error as WheelError where !error.context.contains(where: { $0.label == "wheel" }) {
            throw error.within(FailureContext("wheel", reference.filename))
        } catch let error as LayerError where !error.context.contains(where: { $0.label == "wheel" }) {
            throw error.within(FailureContext("wheel", reference.filename))
        }
    }

    private func write(directories: [String], of layer: WheelLayer, to writer: LayerWriter) throws {
        let known = Dictionary(layer.scheme.directories.map { ($0.path.dropFirst(), $0) }) { first, _ in first }
        for path in directories {
            let existing = known[path[...]]
            try writer.append(
                LayerEntry(
                    TarEntry(
                        path: path, kind: .directory, mode: existing?.mode ?? 0o755, uid: existing?.uid ?? 0,
                        gid: existing?.gid ?? 0, modified: layer.timestamp)))
        }
        try writer.endRun()
    }

    private func write(_ files: [LayerEntry], of wheel: WheelInstallation, to writer: LayerWriter) throws {
        do {
            for file in files { try writer.append(file) }
            try writer.endRun()
        } catch let error as LayerError {
            throw error.within(FailureContext("wheel", wheel.wheel.filename))
        }
    }
}
