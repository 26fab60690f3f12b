import Content
import OCI

/// Where the contents can be had that files are named by: in contexts, among what was made here, and in the cache.
struct FileContents: Sendable {
    /// The contexts that hold files.
    var contexts: [ContextFiles] = []
    /// Contents that were made here.
    var texts = KeptTexts()
    /// Contents that lie in the cache.
    var kept = KeptContents()

    /// Takes those of another one.
    mutating func merge(_ other: FileContents) {
        contexts += other.contexts
        texts.merge(other.texts)
        kept.merge(other.kept)
    }

    /// Opens a content; nil where it is not at hand.
    /// - Parameter cache: where kept contents lie; without one they are not at hand.
    func open(_ digest: Digest, in cache: BuildCache?) throws -> (any RandomAccessReader)? {
        if let reader = texts.open(digest) { return reader }
        if let context = contexts.first(where: { $0.contains(digest) }) { return try context.open(digest) }
        return try cache.flatMap { try kept.open(digest, in: $0) }
    }
}
