import Content
import OCI

/// Which repositories of a registry got a blob from here before: it can be mounted from them. They may have lost it since,
/// and then it is uploaded as if nothing had been known.
struct KnownRepositories: Sendable {
    private let records: any RecordStore
    /// A refused mount costs a request, and one good source is enough.
    private static let limit = 2

    init(_ records: any RecordStore) { self.records = records }

    func holding(_ digest: Digest, in registry: String) throws -> [Reference] {
        try records.value([Reference].self, for: key(digest, registry)) ?? []
    }

    func remember(_ repository: Reference, holds digest: Digest) throws {
        let known = try holding(digest, in: repository.registry)
        guard !known.contains(where: { $0.name == repository.name }) else { return }
        let latest = ([try Reference(repository.name)] + known).prefix(Self.limit)
        try records.setValue(Array(latest), for: key(digest, repository.registry))
    }

    private func key(_ digest: Digest, _ registry: String) throws -> RecordKey {
        var key = KeyBuilder(kind: "blob-repositories", formatVersion: 1)
        key.append(registry)
        key.append(digest.description)
        return RecordKey(kind: "blob-repositories", digest: try key.digest())
    }
}
