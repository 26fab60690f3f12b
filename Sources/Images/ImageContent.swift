import Diagnostics
public import OCI

/// All that belongs to an image, or to an index and its images, to the byte: what a copy takes along. Nothing of it is
/// understood beyond what refers to what, so that it may be an artifact, too.
public struct ImageContent: Sendable {
    /// A manifest or an index.
    public struct Document: Sendable, Hashable {
        /// Its type, digest and size.
        public let descriptor: Descriptor
        /// The document.
        public let bytes: [UInt8]
    }

    /// Manifests and indexes, each after those that it refers to: the order in which a registry takes them.
    public let documents: [Document]
    /// Configurations and layers, each once.
    public let blobs: [Descriptor]
    /// What all the others belong to.
    public let root: Descriptor
}

extension ImageSource {
    /// All that belongs to what is there.
    /// - Parameter platform: nil takes all of an index, else the image for that platform alone.
    /// - Throws: `ImageError` where there is none for the platform, or something that is neither image nor index.
    public func content(platform: Platform?) async throws -> ImageContent {
        if let platform {
            let image = try await image(for: platform)
            return ImageContent(
                documents: [.init(descriptor: image.descriptor, bytes: image.manifestBytes)],
                blobs: unique([image.manifest.config] + image.manifest.layers), root: image.descriptor)
        }
        let root = try await root()
        var (documents, blobs): ([ImageContent.Document], [Descriptor]) = ([], [])
        try await collect(root, depth: 0, &documents, &blobs)
        return ImageContent(documents: documents, blobs: unique(blobs), root: root)
    }

    private func collect(
        _ descriptor: Descriptor, depth: Int, _ documents: inout [ImageContent.Document], _ blobs: inout [Descriptor]
    ) async throws {
        guard !documents.contains(where: { $0.descriptor.digest == descriptor.digest }) else { return }
        let type = descriptor.mediaType
        guard type.isIndex || type.isManifest else {
            throw ImageError(.invalidImage, "\(name) holds a '\(type)', which is neither an image nor an index")
        }
        // By the specification an index may hold indexes; nobody nests them deeply.
        guard depth < 4 else {
            throw ImageError(.invalidImage, "\(name) holds an index within an index within an index")
        }
        let bytes = try await document(descriptor)
        if type.isIndex {
            let index = try ImageDocument.decode(Index.self, from: bytes, what: "image index")
            for entry in index.manifests { try await collect(entry, depth: depth + 1, &documents, &blobs) }
        } else {
            let manifest = try ImageDocument.decode(Manifest.self, from: bytes, what: "manifest")
            blobs += [manifest.config] + manifest.layers
        }
        documents.append(.init(descriptor: descriptor, bytes: bytes))
    }
}

private func unique(_ blobs: [Descriptor]) -> [Descriptor] {
    var seen: Set<Digest> = []
    return blobs.filter { seen.insert($0.digest).inserted }
}
