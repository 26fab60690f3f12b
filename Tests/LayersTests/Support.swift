import Content
import Layers
import OCI

/// A layer made in memory.
struct WrittenLayer {
    let bytes: [UInt8]
    let diffID: Digest?
    let uncompressedSize: Int64

    init(_ body: (LayerWriter) throws -> Void) throws {
        var bytes: [UInt8] = []
        let writer = try LayerWriter { bytes.append(contentsOf: $0) }
        try body(writer)
        diffID = try writer.finish()
        uncompressedSize = writer.uncompressedSize
        self.bytes = bytes
    }

    init(_ entries: [LayerEntry]) throws {
        try self.init { writer in for entry in entries { try writer.append(entry) } }
    }
}

extension LayerEntry {
    static func file(_ path: String, _ bytes: [UInt8], mode: UInt32 = 0o644) -> LayerEntry {
        LayerEntry(
            TarEntry(path: path, kind: .file(size: Int64(bytes.count)), mode: mode),
            content: bytes.isEmpty ? .none : .bytes(bytes))
    }
}
