import Content
import Diagnostics
import Layers
public import OCI

/// Writes one image as a docker archive that `docker load` and `podman load` take. Layers stay compressed: their names
/// are their digests, as in the archives that tools of today write.
public enum DockerArchiveWriter {
    /// Writes an archive.
    /// - Parameters:
    ///   - image: what is written.
    ///   - tags: the names that loading gives it.
    ///   - output: takes the archive's bytes.
    public static func write(
        _ image: Image, tags: [Reference], to output: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) async throws {
        let tar = try TarWriter(sink: output)
        var written: Set<Digest> = []
        for layer in image.manifest.layers where written.insert(layer.digest).inserted {
            let blob = try await image.layer(layer)
            try write(name(of: layer), size: blob.size, to: tar) { try blob.open().forEachChunk { try tar.write($0) } }
        }
        let configuration = "\(image.manifest.config.digest.encoded).json"
        try write(configuration, image.configurationBytes, to: tar)
        let entry = DockerArchive.Entry(
            config: configuration, repoTags: tags.map(\.description), layers: image.manifest.layers.map(name))
        try write("manifest.json", [UInt8](CanonicalJSON.encode([entry])), to: tar)
        try tar.finish()
    }

    private static func name(of layer: Descriptor) -> String { "\(layer.digest.encoded).tar.gz" }

    private static func write(_ name: String, _ bytes: [UInt8], to tar: TarWriter) throws {
        try write(name, size: Int64(bytes.count), to: tar) { try bytes.withUnsafeBytes { try tar.write($0) } }
    }

    private static func write(_ name: String, size: Int64, to tar: TarWriter, _ content: () throws -> Void) throws {
        try tar.beginEntry(TarEntry(path: name, kind: .file(size: size), mode: 0o644))
        try content()
        try tar.endEntry()
    }
}
