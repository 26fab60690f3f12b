import Content
import OCI

/// What went into a repository from here last: as long as it still has those manifests, it has all that they refer to, and
/// need not be asked about dozens of layers one by one.
struct KnownImages: Sendable {
    /// An image that was pushed.
    struct Entry: Sendable, Codable {
        /// The manifest's digest.
        let manifest: Digest
        /// The digests of its configuration and layers.
        let blobs: [Digest]
    }

    private let records: any RecordStore
    private let key: RecordKey

    init(_ records: any RecordStore, of repository: Reference) throws {
        self.records = records
        var key = KeyBuilder(kind: "pushed-images", formatVersion: 1)
        key.append(repository.name)
        self.key = RecordKey(kind: "pushed-images", digest: try key.digest())
    }

    /// The images of the last push.
    func last() throws -> [Entry] { try records.value([Entry].self, for: key) ?? [] }

    /// Remembers a push.
    func remember(_ entries: [Entry]) throws { try records.setValue(entries, for: key) }
}
