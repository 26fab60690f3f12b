import Content
import Diagnostics
import Layers
import OCI

/// Checks an image against everything that can be derived from its bytes: each digest and size, the digest of each
/// uncompressed layer, what history and layers say of each other, and the rules for the paths in a layer.
///
/// Tests call it after every build; `problems` is empty for a sound image.
public enum ImageValidator {
    /// What is wrong with the images of a place, one sentence each.
    public static func problems(of images: ImageSet) async throws -> [String] {
        var problems: [String] = []
        for image in images.images { problems += try await self.problems(of: image) }
        if let bytes = images.indexBytes {
            let blob = try Blob(bytes)
            if blob.digest != images.root.digest { problems.append("the index has another digest than its descriptor") }
        }
        return problems
    }

    /// What is wrong with one image.
    public static func problems(of image: Image) async throws -> [String] {
        var problems: [String] = []
        let configuration = try image.configurationBlob()
        if configuration.digest != image.manifest.config.digest || configuration.size != image.manifest.config.size {
            problems.append("the configuration does not match its descriptor \(image.manifest.config.digest)")
        }
        let history = image.configuration.history ?? []
        let layers = image.manifest.layers
        let described = history.count { $0.emptyLayer != true }
        if described != layers.count { problems.append("the history describes \(described) of \(layers.count) layers") }
        if Set(image.configuration.rootfs.diffIDs).count != layers.count {
            problems.append("two layers are the same")
        }
        for (layer, diffID) in zip(layers, image.configuration.rootfs.diffIDs) {
            problems += try await self.problems(of: layer, diffID: diffID, in: image)
        }
        return problems
    }

    private static func problems(of layer: Descriptor, diffID: Digest, in image: Image) async throws -> [String] {
        var problems: [String] = []
        func report(_ problem: String) { problems.append("layer \(layer.digest.short): \(problem)") }
        let compressed = try HashingReader(await image.layer(layer).open())
        let tar = try HashingReader(LayerIndexer.uncompressed(compressed, mediaType: layer.mediaType))
        var paths: Set<String> = []
        let reader = try TarReader(tar)
        while let entry = try reader.next() {
            let path = entry.path.hasSuffix("/") ? String(entry.path.dropLast()) : entry.path
            if !paths.insert(path).inserted { report("the path '\(path)' is there twice") }
            if case .hardLink(let target) = entry.kind, target.hasPrefix("/") || !paths.contains(target) {
                report("the hard link '\(path)' leads to '\(target)', which is not before it in the layer")
            }
        }
        // What follows the end of the archive belongs to the digests, too.
        try tar.forEachChunk { _ in }
        try compressed.forEachChunk { _ in }
        let (size, digest) = try (compressed.count, compressed.digest())
        if digest != layer.digest { report("its bytes hash to \(digest)") }
        if size != layer.size { report("it has \(size) bytes, not \(layer.size)") }
        // Zstandard is inflated within libarchive, so that the tar's bytes do not pass here.
        if layer.mediaType.ociLayer != .layerZstd {
            let digest = try tar.digest()
            if digest != diffID { report("its tar hashes to \(digest), not to \(diffID)") }
        }
        return problems
    }
}

/// A stream that is hashed as it is read.
private final class HashingReader: ByteReader {
    private let source: any ByteReader
    private let digester: Digester

    init(_ source: any ByteReader) throws {
        self.source = source
        digester = try Digester()
    }

    var count: Int64 { digester.count }

    func digest() throws -> Digest { digester.finish() }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try source.read(into: buffer)
        digester.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        return count
    }
}
