import Content
import OCI

/// Contents that lie in the cache, by digest.
struct KeptContents: Sendable {
    private var members: [Digest: KeptMember] = [:]

    /// Keeps where a content lies.
    mutating func keep(_ member: KeptMember) { members[member.digest] = member }

    /// Takes those of another one.
    mutating func merge(_ other: KeptContents) { members.merge(other.members) { first, _ in first } }

    /// Opens a content; nil where it was kept elsewhere.
    func open(_ digest: Digest, in cache: BuildCache) throws -> (any RandomAccessReader)? {
        try members[digest]?.open(in: cache.blobs)
    }
}
