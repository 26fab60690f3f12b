public import Content
import Diagnostics
public import OCI
public import Spec

/// Makes a layer in a store: hands a `LayerWriter` to whoever knows the entries, and keeps what comes out.
public enum LayerMaker {
    /// Makes a layer.
    /// - Parameters:
    ///   - store: where the compressed layer is kept.
    ///   - body: writes the entries; the end of the tar is written afterwards.
    public static func make(in store: any BlobStore, _ body: (LayerWriter) throws -> Void) throws -> MadeLayer {
        let output = try store.makeWriter()
        let writer = try LayerWriter { try output.write($0) }
        try body(writer)
        let diffID = try writer.finish()
        let blob = try output.commit(expecting: nil)
        guard let diffID else { throw LayerError(.unavailable, "the layer was not hashed") }
        return MadeLayer(
            descriptor: Descriptor(mediaType: .layerGzip, digest: blob.digest, size: blob.size), diffID: diffID,
            uncompressedSize: writer.uncompressedSize)
    }

    /// Makes a run of entries that layers are put together from.
    public static func makeRun(in store: any BlobStore, _ body: (LayerWriter) throws -> Void) throws -> Blob {
        let output = try store.makeWriter()
        let writer = try LayerWriter(hashesTar: false) { try output.write($0) }
        try body(writer)
        try writer.endRun()
        return try output.commit(expecting: nil)
    }

    /// Makes a layer of files.
    /// - Parameters:
    ///   - layer: the recipe.
    ///   - contents: opens a file's content by its digest.
    ///   - store: where the compressed layer is kept.
    public static func make(
        _ layer: FileLayer, contents: @escaping @Sendable (Digest) throws -> any RandomAccessReader,
        in store: any BlobStore
    ) throws -> MadeLayer {
        let whiteouts = layer.removed.map { path in
            LayerEntry(
                TarEntry(
                    path: LayerPath.whiteout(of: path), kind: .file(size: 0), mode: 0o644, modified: layer.timestamp))
        }
        let entries = layer.entries.map { LayerEntry($0, in: layer, contents: contents) } + whiteouts
        return try make(in: store) { writer in
            for entry in entries.sorted(by: { LayerPath.precedes($0.header.path, $1.header.path) }) {
                try writer.append(entry)
            }
        }
    }
}

extension LayerEntry {
    fileprivate init(
        _ entry: FileEntry, in layer: FileLayer,
        contents: @escaping @Sendable (Digest) throws -> any RandomAccessReader
    ) {
        let kind: TarEntry.Kind
        var content = LayerContent.none
        switch entry.kind {
        case .directory: kind = .directory
        case .symbolicLink(let target): kind = .symbolicLink(target: target)
        case .file(let digest, let size):
            kind = .file(size: size)
            let span = PlainSpan(digest: digest) { try contents(digest) }
            content = layer.compression == .store ? .stored(span) : .plain(span)
        }
        self.init(
            TarEntry(
                path: entry.path, kind: kind, mode: entry.mode, uid: entry.uid, gid: entry.gid,
                modified: layer.timestamp),
            content: content)
    }
}
