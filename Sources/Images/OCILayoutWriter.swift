import Content
import Diagnostics
import FoundationEssentials
public import OCI
public import SystemPackage

/// Writes images into an OCI layout directory. Blobs come first and `index.json` last, so that a reader never finds an
/// image whose parts are missing.
public struct OCILayoutWriter: Sendable {
    private let path: FilePath
    private let store: DirectoryBlobStore

    /// Opens a layout, or makes a new one in an empty or missing directory.
    /// - Throws: `ImageError` (`occupied`) when the directory holds something else.
    public init(_ path: FilePath) throws {
        if let status = try FileSystem.status(path) {
            let isLayout = FileSystem.exists(path.appending("oci-layout"))
            guard status.kind == .directory, try isLayout || FileSystem.names(in: path).isEmpty else {
                throw ImageError(
                    .occupied, "'\(path)' holds something that is not an OCI layout",
                    hints: ["name an empty or a new directory"])
            }
        }
        self.path = path
        store = try DirectoryBlobStore(path, ingest: path.appending("blobs"))
    }

    /// Adds images.
    /// - Parameters:
    ///   - images: what is written.
    ///   - tags: the names that `index.json` gives it; an entry of the same name is replaced.
    ///   - progress: told of each blob as it is written.
    public func write(
        _ images: ImageSet, tags: [Reference], progress: @Sendable (Descriptor) -> Void = { _ in }
    ) async throws {
        for image in images.images {
            for layer in image.manifest.layers {
                try Task.checkCancellation()
                if try !store.contains(layer.digest) { try store.put(await image.layer(layer)) }
                progress(layer)
            }
            try store.put(image.configurationBytes)
            try store.put(image.manifestBytes)
        }
        if let bytes = images.indexBytes { try store.put(bytes) }
        try writeIndex(images.root, tags: tags)
    }

    /// Adds what was found elsewhere, to the byte.
    /// - Parameters:
    ///   - content: what is written.
    ///   - source: gives the blobs.
    ///   - tags: the names that `index.json` gives it; an entry of the same name is replaced.
    ///   - progress: told of each blob as it is written.
    public func write(
        _ content: ImageContent, from source: any ImageSource, tags: [Reference],
        progress: @Sendable (Descriptor) -> Void = { _ in }
    ) async throws {
        for blob in content.blobs {
            try Task.checkCancellation()
            if try !store.contains(blob.digest) { try store.put(await source.blob(blob)) }
            progress(blob)
        }
        for document in content.documents { try store.put(document.bytes) }
        var root = content.root
        // Names of where it was.
        root.annotations = nil
        try writeIndex(root, tags: tags)
    }

    private func writeIndex(_ root: Descriptor, tags: [Reference]) throws {
        try FileSystem.write(#"{"imageLayoutVersion":"1.0.0"}"#.utf8, to: path.appending("oci-layout"))
        let file = path.appending("index.json")
        var entries: [Descriptor] = []
        if FileSystem.exists(file) {
            let bytes = try FileSystem.read(file, limit: ImageDocument.limit)
            entries = try ImageDocument.decode(Index.self, from: bytes, what: "'\(file)'").manifests
        }
        let names = Set(tags.map(\.description))
        entries.removeAll { entry in
            guard let name = entry.annotations?[OCILayout.imageName] else {
                return entry.digest == root.digest || tags.isEmpty
            }
            return names.contains(name)
        }
        for tag in tags {
            var entry = root
            entry.annotations = [OCILayout.imageName: tag.description, OCILayout.referenceName: tag.identifier]
            entries.append(entry)
        }
        if tags.isEmpty { entries.append(root) }
        try FileSystem.write(CanonicalJSON.encode(Index(manifests: entries)), to: file)
    }
}
