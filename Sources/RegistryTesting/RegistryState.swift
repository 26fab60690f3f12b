import Synchronization

/// What a `TestRegistry` holds. Two registries may share it: the second stands for the storage behind the first.
final class RegistryState: Sendable {
    struct Document: Sendable {
        var mediaType: String
        var digest: String
        var bytes: [UInt8]
    }

    struct Upload: Sendable {
        let repository: String
        let content: UploadContent

        /// What is there, as a `Range` tells it: an empty one is `0-0` by custom.
        var range: String { "0-\(max(0, content.count - 1))" }
    }

    struct Contents: Sendable {
        /// Blobs by repository and digest.
        var blobs: [String: [String: StoredBlob]] = [:]
        /// Manifests by repository and tag or digest.
        var documents: [String: [String: Document]] = [:]
        /// Open uploads by their ids.
        var uploads: [String: Upload] = [:]
        /// Scopes by the token that grants them.
        var tokens: [String: [String]] = [:]
        var count = 0
        /// How many requests faults have hit.
        var hits = 0

        /// A name that was not given before.
        mutating func nextName(_ kind: String) -> String {
            count += 1
            return "\(kind)-\(count)"
        }
    }

    let contents = Mutex(Contents())
    /// Whether blobs can be read again; without it their digests and sizes are all that is kept of them.
    let keepsContent: Bool

    init(keepsContent: Bool) { self.keepsContent = keepsContent }
}
