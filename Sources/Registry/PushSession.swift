public import Content
import Diagnostics
public import OCI
import Synchronization
public import Transfer

/// The push of an image, or of an index of images, into one repository, in the order that a registry asks for: blobs
/// as they become ready, then manifests, then the index, tags last.
///
/// Blobs may be handed in from many tasks at once. Each digest is pushed once, however often it is handed in; how many
/// requests go on at once is the client's to limit.
public final class PushSession: Sendable {
    /// What became of a blob.
    public struct Report: Sendable, Hashable {
        /// The blob.
        public let descriptor: Descriptor
        /// How it came to be in the repository.
        public let outcome: BlobOutcome
        /// The bytes that went over the wire.
        public var uploadedBytes: Int64 { outcome == .pushed ? descriptor.size : 0 }
    }

    /// The repository; tag and digest of the reference do not matter.
    public let repository: Reference
    private let client: RegistryClient
    private let report: @Sendable (Report) -> Void
    private let work = SharedWork<Digest, BlobOutcome>()
    private let finished = Mutex<[Digest: Report]>([:])
    private let presumed = Mutex<Set<Digest>>([])
    /// What names were seen to stand for; nil for nothing.
    private let names = Mutex<[String: Digest?]>([:])

    /// Starts a push.
    /// - Parameter report: hears of each blob once, when it is in the repository.
    public init(
        _ client: RegistryClient, to repository: Reference, report: @escaping @Sendable (Report) -> Void = { _ in }
    ) {
        self.client = client
        self.repository = repository
        self.report = report
    }

    /// The bytes of blobs that were uploaded so far.
    public var uploadedBytes: Int64 { finished.withLock { $0.values.reduce(0) { $0 + $1.uploadedBytes } } }

    /// Takes it that the repository has these blobs, and does not ask: a manifest that it has refers to them.
    public func presume(_ digests: Set<Digest>) { presumed.withLock { $0.formUnion(digests) } }

    /// Whether a name of the repository stands for a manifest or an index, and so whether all that it refers to is there. Each
    /// name is asked for once.
    /// - Parameter name: a tag, or the digest itself.
    public func has(_ digest: Digest, under name: String) async throws -> Bool {
        if let known = names.withLock({ $0[name] }) { return known == digest }
        let found = try await client.digest(of: name, in: repository)
        _ = names.withLock { $0.updateValue(found, forKey: name) }
        return found == digest
    }

    /// Forgets what was presumed and which manifests were seen: somebody removed blobs from under them. Each of those blobs is
    /// asked for when it is handed in again.
    /// - Returns: whether there was anything of the kind.
    public func forget() -> Bool {
        let digests = presumed.withLock { presumed in
            defer { presumed = [] }
            return presumed
        }
        finished.withLock { finished in for digest in digests { finished[digest] = nil } }
        let seen = names.withLock { names in
            defer { names = [:] }
            return names.values.contains { $0 != nil }
        }
        return seen || !digests.isEmpty
    }

    /// Makes the repository have a blob.
    /// - Parameters:
    ///   - descriptor: the blob.
    ///   - sources: repositories of the same registry that are known to have it.
    ///   - progress: hears the bytes that were uploaded so far.
    ///   - content: gives the blob, if it has to be uploaded.
    @discardableResult
    public func push(
        _ descriptor: Descriptor, mountingFrom sources: [Reference] = [],
        progress: @escaping TransferProgress = { _ in }, content: @escaping @Sendable () async throws -> Blob
    ) async throws -> BlobOutcome {
        let digest = descriptor.digest
        if let report = finished.withLock({ $0[digest] }) { return report.outcome }
        return try await work.value(for: digest) { [self] in
            if let report = finished.withLock({ $0[digest] }) { return report.outcome }
            let outcome =
                presumed.withLock({ $0.contains(digest) })
                ? .present
                : try await client.push(
                    descriptor, to: repository, mountingFrom: sources, progress: progress, content: content)
            let made = Report(descriptor: descriptor, outcome: outcome)
            finished.withLock { $0[digest] = made }
            report(made)
            return outcome
        }
    }

    /// Ends the push: the documents become visible, those that a tag makes last.
    /// - Parameters:
    ///   - manifests: the images' manifests. Their blobs must have been pushed.
    ///   - index: the index over them, if there is one.
    ///   - tags: the names that the index, or the last manifest, gets. Without any it is had by its digest.
    ///   - confirm: asked right before each name is given; what it throws leaves the name as it is.
    public func finish(
        _ manifests: [ManifestContent], index: ManifestContent? = nil, tags: [String],
        confirm: @Sendable () async throws -> Void = {}
    ) async throws {
        var documents = manifests
        if let index { documents.append(index) }
        guard let root = documents.popLast() else { return }
        let digest = root.descriptor.digest
        // What has its names has all that it refers to.
        let isThere = names.withLock { names in !tags.isEmpty && tags.allSatisfy { names[$0] == .some(digest) } }
        if !isThere { for document in documents { try await put(document) } }
        if tags.isEmpty { try await put(root) }
        for tag in tags {
            try await confirm()
            try await put(root, under: tag)
        }
    }

    private func put(_ document: ManifestContent, under tag: String? = nil) async throws {
        let digest = document.descriptor.digest
        let name = tag ?? digest.description
        if try await has(digest, under: name) { return }
        try await client.write(document, to: repository, under: name)
        _ = names.withLock { $0.updateValue(digest, forKey: name) }
    }
}
