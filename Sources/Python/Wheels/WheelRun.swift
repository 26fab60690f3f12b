import Content
import Layers
import OCI
import Spec

/// One wheel's members of a layer of several, without the layer's directories and its end: kept, so that a layer in which
/// another wheel changed is put together rather than made again.
struct WheelRun: Sendable {
    /// What is remembered of it.
    struct Record: Codable, Sendable {
        let digest: Digest
        let size: Int64
        let uncompressedSize: Int64
        /// The paths of its members, where what the wheel contains does not tell them.
        var paths: [String]?
    }

    let record: Record
    let blob: Blob
}

extension WheelLayerMaker.Part {
    /// The wheel as it is installed when it leaves some paths to others.
    func leaving(_ lost: Set<PathKey>) -> WheelInstallation {
        var wheel = wheel
        let excluded = Set(wheel.excluded.map(PathKey.init)).union(lost)
        wheel.excluded = excluded.map(\.path).sorted(by: LayerPath.precedes)
        return wheel
    }
}

extension WheelLayerMaker {
    /// A run that was made before, as long as the store has it whole.
    func keptRun(_ key: RecordKey) throws -> WheelRun? {
        guard reusesRuns, let record = try records.value(WheelRun.Record.self, for: key),
            let blob = try store.blob(record.digest), blob.size == record.size
        else { return nil }
        return WheelRun(record: record, blob: blob)
    }

    /// Makes a run and remembers it.
    /// - Parameter paths: what `WheelRun.Record` has of them.
    func makeRun(_ files: [LayerEntry], of wheel: WheelInstallation, key: RecordKey, paths: [String]? = nil) throws
        -> WheelRun
    {
        var size: Int64 = 0
        let blob = try LayerMaker.makeRun(in: store) { writer in
            try write(files, of: wheel, to: writer)
            size = writer.uncompressedSize
        }
        let record = WheelRun.Record(digest: blob.digest, size: blob.size, uncompressedSize: size, paths: paths)
        try records.setValue(record, for: key)
        return WheelRun(record: record, blob: blob)
    }
}
