import Content
import Images
import Layers
import OCI
import Synchronization

/// What a stage starts from: the image, and what its layers hold, read when first asked for and remembered by digest.
///
/// Planning asks narrow questions of the tree (`destination`, `pythonEnvironment`), whose answers are remembered, so that
/// a later build reads no index of ten thousand files.
struct BaseImage: Sendable {
    /// How the user named it.
    let name: String
    /// The image.
    let image: Image
    /// The reference that annotations name it by, where it came from a registry.
    let reference: Reference?
    private let cache: BuildCache
    private let merged = MergedTree()

    init(name: String, image: Image, reference: Reference?, cache: BuildCache) {
        self.name = name
        self.image = image
        self.reference = reference
        self.cache = cache
    }

    /// The digest of the manifest.
    var digest: Digest { image.descriptor.digest }

    /// Whether it is an image without a layer, of which nobody else knows.
    var isEmpty: Bool { image.manifest.layers.isEmpty }

    /// The configuration.
    var configuration: ImageConfiguration { image.configuration }

    /// The merged tree of all layers.
    func tree() async throws -> FileTree {
        if let tree = merged.tree { return tree }
        let tree = FileTree(try await indexes())
        merged.tree = tree
        return tree
    }

    /// Where the files of the tree lie.
    func members() async throws -> LayerMembers { LayerMembers(try await indexes()) }

    /// What the layers hold, lowest first.
    func indexes() async throws -> [LayerIndex] {
        let indexes = try await withThrowingTaskGroup(of: (Int, LayerIndex).self) { group in
            for (number, layer) in image.manifest.layers.enumerated() {
                group.addTask { (number, try await index(of: layer)) }
            }
            return try await group.reduce(into: [(Int, LayerIndex)]()) { $0.append($1) }
        }
        return indexes.sorted { $0.0 < $1.0 }.map(\.1)
    }

    /// An answer about this base, from memory or by reading the tree.
    /// - Parameters:
    ///   - kind: the question, which names the record.
    ///   - version: raised whenever the same question would get another answer.
    ///   - question: what it depends on beside the base.
    ///   - answer: reads the tree.
    func remembered<Answer: Codable>(
        _ kind: String, version: Int, question: [String], _ answer: (FileTree) throws -> Answer
    ) async throws -> Answer {
        var key = KeyBuilder(kind: kind, formatVersion: version)
        key.append(LayerIndex.formatVersion)
        key.append(digest.description)
        key.append(question) { $0.append($1) }
        let record = RecordKey(kind: kind, digest: try key.digest())
        if let known = try cache.records.value(Answer.self, for: record) { return known }
        let found = try answer(await tree())
        try cache.records.setValue(found, for: record)
        return found
    }

    /// Where files of a directory go in this base.
    func destination(_ directory: String) async throws -> ImageDestination {
        try await remembered("image-destinations", version: 1, question: [directory]) {
            try ImageDestination(directory, in: $0)
        }
    }

    private func index(of layer: Descriptor) async throws -> LayerIndex {
        var key = KeyBuilder(kind: "layer-index", formatVersion: LayerIndex.formatVersion)
        key.append(layer.digest.description)
        let record = RecordKey(kind: "layer-indexes", digest: try key.digest())
        if let known = try cache.records.value(LayerIndex.self, for: record) { return known }
        let blob = try await image.layer(layer)
        let index = try await blocking { try LayerIndexer.index(blob.open(), mediaType: layer.mediaType) }
        try cache.records.setValue(index, for: record)
        return index
    }
}

/// The tree once it was merged, shared by the copies of a base: several steps ask of it.
private final class MergedTree: Sendable {
    private let storage = Mutex<FileTree?>(nil)

    var tree: FileTree? {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }
}
