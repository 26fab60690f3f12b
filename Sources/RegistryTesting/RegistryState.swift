import Synchronization

/// What a `TestRegistry` holds. Two registries may share it: the second stands for the storage behind the first.
final class RegistryState: Sendable {
    struct Document: Sendable {
        var mediaType: String
        var digest: String
        var bytes: [UInt8]
    }

    struct Upload: Sendable {
        var repository: String
        var bytes: [UInt8] = []

        /// What is there, as a `Range` tells it: an empty one is `0-0` by custom.
        var range: String { "0-\(max(0, bytes.count - 1))" }
    }

    struct Contents: Sendable {
        /// Blobs by repository and digest.
        var blobs: [String: [String: [UInt8]]] = [:]
        /// Manifests by repository and tag or digest.
        var documents: [String: [String: Document]] = [:]
        /// Open uploads by their ids.
        var uploads: [String: Upload] = [:]
        /// Scopes by the token that grants them.
        var tokens: [String: [String]] = [:]
        var count = 0

        /// A name that was not given before.
        mutating func nextName(_ kind: String) -> String {
            count += 1
            return "\(kind)-\(count)"
        }
    }

    let contents = Mutex(Contents())
}
