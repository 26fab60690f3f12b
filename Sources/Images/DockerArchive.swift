public import Content
import Diagnostics
import FoundationEssentials
import Layers
public import OCI
public import SystemPackage

/// A docker archive, as `docker save` writes it: a tar of `manifest.json`, a configuration and layer tars.
///
/// Reading unpacks its files into a store once. Only the first image of an archive counts.
public struct DockerArchive: ImageSource {
    private let path: FilePath
    private let store: any BlobStore
    private let manifest: Blob

    /// How people call it.
    public var name: String { "the archive '\(path)'" }

    /// Reads an archive into a store.
    /// - Throws: `ImageError` (`image_not_found`, `invalid_image`).
    public init(_ path: FilePath, into store: any BlobStore) throws {
        self.path = path
        self.store = store
        var files: [String: Blob] = [:]
        var links: [String: String] = [:]
        do {
            let tar = try TarReader(FileReader(path))
            while let entry = try tar.next() {
                switch entry.kind {
                case .file:
                    let writer = try store.makeWriter()
                    try tar.forEachContentChunk { try writer.write($0) }
                    files[entry.path] = try writer.commit(expecting: nil)
                // `docker save` of old wrote a layer that repeats as a link to the first one.
                case .symbolicLink(let target): links[entry.path] = Self.resolve(target, from: entry.path)
                case .hardLink(let target): links[entry.path] = target
                case .directory: break
                }
            }
        } catch let error as LayerError {
            throw ImageError(.imageNotFound, "'\(path)' is not a docker archive", hints: [Self.hint], cause: error)
        }
        func file(_ name: String) throws -> Blob {
            guard let blob = files[name] ?? links[name].flatMap({ files[$0] }) else {
                throw ImageError(
                    .invalidImage, "the archive '\(path)' lacks the file '\(name)'",
                    hints: [Self.hint])
            }
            return blob
        }
        let entries = try ImageDocument.decode(
            [Entry].self, from: file("manifest.json").readAll(limit: ImageDocument.limit),
            what: "manifest.json of '\(path)'")
        guard let entry = entries.first else {
            throw ImageError(.imageNotFound, "the archive '\(path)' holds no image")
        }
        let configuration = try file(entry.config)
        let layers = try entry.layers.map { name in
            let blob = try file(name)
            return Descriptor(mediaType: try Self.mediaType(of: blob), digest: blob.digest, size: blob.size)
        }
        let manifest = Manifest(
            config: Descriptor(mediaType: .configuration, digest: configuration.digest, size: configuration.size),
            layers: layers)
        self.manifest = try store.put(CanonicalJSON.encode(manifest))
    }

    /// The image's manifest, which is made here: an archive has none of its own.
    public func root() async throws -> Descriptor {
        Descriptor(mediaType: .manifest, digest: manifest.digest, size: manifest.size)
    }

    /// The manifest.
    public func document(_ descriptor: Descriptor) async throws -> [UInt8] { try manifest.readAll() }

    /// A blob.
    public func blob(_ descriptor: Descriptor) async throws -> Blob {
        guard let blob = try store.blob(descriptor.digest) else {
            throw ImageError(.invalidImage, "\(name) lacks the blob \(descriptor.digest)")
        }
        return blob
    }

    private static let hint = "make it by docker save, podman save or cooperage build -o type=docker,dest=FILE"

    /// An image's line in `manifest.json`.
    struct Entry: Codable {
        let config: String
        let repoTags: [String]?
        let layers: [String]

        private enum CodingKeys: String, CodingKey {
            case config = "Config"
            case repoTags = "RepoTags"
            case layers = "Layers"
        }
    }

    private static func resolve(_ target: String, from path: String) -> String {
        var parts = path.split(separator: "/").dropLast()
        for part in target.split(separator: "/") {
            if part == ".." { _ = parts.popLast() } else if part != "." { parts.append(part) }
        }
        return parts.joined(separator: "/")
    }

    /// Archives hold layers uncompressed, gzipped or by Zstandard; the first bytes tell.
    private static func mediaType(of blob: Blob) throws -> MediaType {
        var start = [UInt8](repeating: 0, count: 4)
        let reader = try blob.open()
        let count = try start.withUnsafeMutableBytes { try reader.read(into: $0) }
        if count >= 2, start[0] == 0x1F, start[1] == 0x8B { return .layerGzip }
        if count == 4, start == [0x28, 0xB5, 0x2F, 0xFD] { return .layerZstd }
        return .layer
    }
}
