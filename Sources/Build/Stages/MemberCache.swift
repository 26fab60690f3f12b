import Content
import Diagnostics
import Images
import Layers
import OCI

/// Files of layers as contents by digest. A layer is read once, as a stream, for all that is wanted of it, and what was read
/// is kept: the next build, and the layers of this one, find it there.
struct MemberCache: Sendable {
    let cache: BuildCache

    /// What was read of a layer at one time.
    private struct Batch: Codable {
        var blob: Digest
        var size: Int64
        var members: [String: KeptMember]
    }

    /// Old batches of a layer are read again rather than looked through for ever.
    private static let batchLimit = 16

    /// The contents of files of an image's layer.
    /// - Parameters:
    ///   - paths: the files' paths in the layer.
    /// - Throws: `LayerError` for a layer that cannot be read, or that does not hold one of them.
    func members(_ paths: Set<PathKey>, of layer: Descriptor, in image: Image) async throws -> [PathKey: KeptMember] {
        var key = KeyBuilder(kind: "layer-members", formatVersion: 1)
        key.append(layer.digest.description)
        let record = RecordKey(kind: "layer-members", digest: try key.digest())
        let kept = try cache.records.value([Batch].self, for: record) ?? []
        // What was removed from the cache is read again.
        let present = try kept.filter { try cache.blobs.blob($0.blob, size: $0.size) != nil }
        var found: [PathKey: KeptMember] = [:]
        for path in paths { found[path] = present.lazy.compactMap { $0.members[path.path] }.first }
        let missing = paths.filter { found[$0] == nil }
        guard !missing.isEmpty else { return found }
        let blob = try await image.layer(layer)
        let batch = try await blocking { try read(missing, of: blob, mediaType: layer.mediaType) }
        for path in missing {
            guard let member = batch.members[path.path] else {
                throw LayerError(
                    .unreadableLayer, "the layer \(layer.digest) does not hold '\(path)', as it did before")
            }
            found[path] = member
        }
        try cache.records.setValue((present + [batch]).suffix(Self.batchLimit), for: record)
        return found
    }

    private func read(_ paths: Set<PathKey>, of layer: Blob, mediaType: MediaType) throws -> Batch {
        var writer = try MemberWriter(cache.blobs)
        var read: [String: MemberWriter.Content] = [:]
        try LayerMembers.read(layer.open(), mediaType: mediaType, paths: paths) { path, tar in
            read[path] = try writer.append(contentOf: tar)
        }
        let blob = try writer.commit()
        return Batch(blob: blob.digest, size: blob.size, members: read.mapValues { $0.member(of: blob) })
    }
}
