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
///
/// Where several wheels of a layer bring one path, the last of them in the layer's order wins, as it does with installers
/// that run one after the other; the runs of the others are made without it (`WheelContents.exclusions`). Where they are in
/// layers of their own, the upper layer hides what lies below it (`WheelOverlaps`).
public struct WheelLayerMaker: Sendable {
    let store: any RandomAccessBlobStore
    let records: any RecordStore
    let reusesRuns: Bool

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
            let installed = try store.install(only, in: layer)
            // For the layers beside it (`WheelOverlaps`).
            try records.setValue(WheelContents(installed, of: only.wheel), for: layer.contentsKey(of: only))
            return try LayerMaker.make(in: store) { writer in
                try write(directories: installed.directories, of: layer, to: writer)
                try write(installed.files, of: only, to: writer)
            }
        }
        let parts = try layer.wheels.map { try part(of: $0, in: layer) }
        let exclusions = try WheelContents.exclusions(among: parts.map(\.contents))
        let runs = try zip(parts, exclusions).map { try run(of: $0, without: $1, in: layer) }
        return try LayerMaker.make(in: store) { writer in
            let directories = Set(parts.flatMap { $0.contents.directories.map(PathKey.init) }).map(\.path)
            try write(directories: directories.sorted(by: LayerPath.precedes), of: layer, to: writer)
            for (index, run) in runs.enumerated() {
                let files = parts[index].contents.files.lazy.map(\.path)
                try writer.append(
                    run: run.blob, uncompressedSize: run.record.uncompressedSize,
                    paths: files.filter { !exclusions[index].contains(PathKey($0)) })
            }
        }
    }

    // MARK: Runs

    /// One wheel of a layer of several, before it is settled which paths it leaves to others.
    struct Part {
        let wheel: WheelInstallation
        let contents: WheelContents
        /// The wheel itself, if it had to be read to know its contents.
        let installed: InstalledWheel?
    }

    func part(of wheel: WheelInstallation, in layer: WheelLayer) throws -> Part {
        let key = try layer.contentsKey(of: wheel)
        if reusesRuns, let contents = try records.value(WheelContents.self, for: key) {
            return Part(wheel: wheel, contents: contents, installed: nil)
        }
        let installed = try store.install(wheel, in: layer)
        let contents = WheelContents(installed, of: wheel.wheel)
        try records.setValue(contents, for: key)
        return Part(wheel: wheel, contents: contents, installed: installed)
    }

    private func run(of part: Part, without lost: Set<PathKey>, in layer: WheelLayer) throws -> WheelRun {
        let wheel = part.leaving(lost)
        let key = try layer.runKey(of: wheel)
        if let kept = try keptRun(key) { return kept }
        let files = try (part.installed ?? store.install(wheel, in: layer)).files
        let excluded = Set(wheel.excluded.map(PathKey.init))
        return try makeRun(files.filter { !excluded.contains(PathKey($0.header.path)) }, of: wheel, key: key)
    }

    // MARK: Entries

    func write(directories: [String], of layer: WheelLayer, to writer: LayerWriter) throws {
        let known = Dictionary(layer.scheme.directories.map { (PathKey(String($0.path.dropFirst())), $0) }) {
            first, _ in first
        }
        for path in directories {
            let existing = known[PathKey(path)]
            try writer.append(
                LayerEntry(
                    TarEntry(
                        path: path, kind: .directory, mode: existing?.mode ?? 0o755,
                        uid: existing?.uid ?? layer.scheme.owner?.uid ?? 0,
                        gid: existing?.gid ?? layer.scheme.owner?.gid ?? 0, modified: layer.timestamp)))
        }
        try writer.endRun()
    }

    func write(_ files: [LayerEntry], of wheel: WheelInstallation, to writer: LayerWriter) throws {
        do {
            for file in files { try writer.append(file) }
            try writer.endRun()
        } catch let error as LayerError {
            throw error.within(FailureContext("wheel", wheel.wheel.filename))
        }
    }
}

extension RandomAccessBlobStore {
    /// A wheel of the store as a layer installs it.
    /// - Throws: `WheelError` or `LayerError` with the wheel's name in the context, `ContentError` when the wheel is not
    ///   there.
    func install(_ installation: WheelInstallation, in layer: WheelLayer) throws -> InstalledWheel {
        let reference = installation.wheel
        guard let source = try randomAccess(reference.digest) else {
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
}

extension WheelLayer {
    /// Names the record of what a wheel puts into the layer (`WheelContents`).
    func contentsKey(of wheel: WheelInstallation) throws(ContentError) -> RecordKey {
        RecordKey(kind: "wheel-contents", digest: try runKey(of: wheel).digest)
    }
}
