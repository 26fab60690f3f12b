import Content
import OCI
import Transfer

/// Where uploads were that did not come to their end, so that the next run of the program goes on with them.
struct UploadRecords: Sendable {
    private struct Kept: Codable {
        var location: String?
        var minimumChunk: Int64?
    }

    private let store: (any RecordStore)?
    private let key: RecordKey?

    /// - Parameter store: nil remembers nothing.
    init(_ store: (any RecordStore)?, of digest: Digest, in repository: Reference) throws {
        self.store = store
        guard store != nil else {
            key = nil
            return
        }
        var builder = KeyBuilder(kind: "uploads", formatVersion: 1)
        builder.append(repository.name)
        builder.append(digest.description)
        // A location may be as good as a password for as long as the upload is open.
        key = RecordKey(kind: "uploads", digest: try builder.digest(), isPrivate: true)
    }

    /// The upload that was under way, if it may be gone on with.
    func session(at endpoint: Endpoint) throws -> UploadSession? {
        guard let store, let key, let kept = try store.value(Kept.self, for: key), let text = kept.location,
            let location = try? HTTPURL(text), endpoint.base.scheme == .http || location.scheme == .https
        else { return nil }
        return UploadSession(location: location, minimumChunk: kept.minimumChunk ?? 0)
    }

    /// Keeps where an upload is; nil forgets it. That it cannot be kept is no reason to end the upload.
    func remember(_ session: UploadSession?) {
        guard let store, let key else { return }
        try? store.setValue(Kept(location: session?.location.text, minimumChunk: session?.minimumChunk), for: key)
    }
}
