import Content
import Images
import OCI
import Registry
import Spec
import Synchronization

/// The way of a build's images into one repository: layers as soon as they are there, the rest when all are.
struct ImagePush: Sendable {
    /// The names that the image gets, all of one repository.
    let tags: [Reference]
    private let repository: Reference
    private let registries: RegistryClient
    private let session: PushSession
    private let events: BuildEvents
    private let titles: Titles
    private let known: KnownRepositories

    /// - Parameters:
    ///   - repository: where the image goes.
    ///   - tags: its names there.
    ///   - records: remembers which repositories got which blobs.
    init(
        to repository: Reference, tags: [Reference], registries: RegistryClient, records: any RecordStore,
        events: BuildEvents
    ) {
        let titles = Titles()
        self.repository = repository
        self.tags = tags
        self.registries = registries
        self.events = events
        self.titles = titles
        known = KnownRepositories(records)
        session = PushSession(registries, to: repository) { report in
            guard let title = titles[report.descriptor.digest] else { return }
            let disposition: LayerOutcome.Disposition =
                switch report.outcome {
                case .present: .present
                case .mounted: .mounted
                case .pushed: .pushed
                }
            events.emit(.layer(LayerOutcome(title: title, descriptor: report.descriptor, disposition: disposition)))
        }
    }

    /// The bytes that were uploaded so far.
    var uploadedBytes: Int64 { session.uploadedBytes }

    /// Makes the repository have the base's layers: they are mounted where the base is in the same registry.
    func push(_ base: BaseImage) async throws {
        let sources = base.reference.map { [$0] } ?? []
        try await withThrowingTaskGroup(of: Void.self) { group in
            for layer in base.image.manifest.layers {
                group.addTask {
                    try await push(layer.asOCI, title: "base: \(base.name)", mountingFrom: sources) {
                        try await base.image.layer(layer)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Makes the repository have a layer.
    func push(
        _ layer: Descriptor, title: String, mountingFrom sources: [Reference] = [],
        content: @escaping @Sendable () async throws -> Blob
    ) async throws {
        titles[layer.digest] = title
        let progress = ProgressReport(events, .uploading, subject: title, total: layer.size)
        let others = try known.holding(layer.digest, in: repository.registry)
        let outcome = try await session.push(
            layer, mountingFrom: sources + others, progress: { progress.moved(to: $0) }, content: content)
        if outcome == .pushed { progress.finished(at: layer.size) }
        try known.remember(repository, holds: layer.digest)
    }

    /// Whether the repository has an image already, and so all that belongs to it.
    func has(_ image: Image) async throws -> Bool {
        try await registries.hasManifest(image.descriptor.digest, in: repository)
    }

    /// Pushes what is not there yet of the images, and gives them their names last.
    /// - Parameter present: the digests of manifests that the repository is known to have.
    func finish(_ images: ImageSet, present: Set<Digest>) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for image in images.images where !present.contains(image.descriptor.digest) {
                group.addTask { try await session.push(image.manifest.config) { try image.configurationBlob() } }
                for layer in image.manifest.layers {
                    group.addTask { try await session.push(layer) { try await image.layer(layer) } }
                }
            }
            try await group.waitForAll()
        }
        let manifests = try images.images.map {
            try ManifestContent($0.manifestBytes, mediaType: $0.descriptor.mediaType)
        }
        let index = try images.indexBytes.map { try ManifestContent($0, mediaType: images.root.mediaType) }
        try await session.finish(manifests, index: index, tags: tags.map(\.identifier))
    }
}

/// Which repositories of a registry got a blob from here before: it can be mounted from them. They may have lost it since,
/// and then it is uploaded as if nothing had been known.
private struct KnownRepositories: Sendable {
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

/// What people call a layer, by its digest.
private final class Titles: Sendable {
    private let titles = Mutex<[Digest: String]>([:])

    subscript(digest: Digest) -> String? {
        get { titles.withLock { $0[digest] } }
        set { titles.withLock { $0[digest] = newValue } }
    }
}

extension Descriptor {
    /// The same layer by the name that OCI has for its type.
    var asOCI: Descriptor { Descriptor(mediaType: mediaType.ociLayer, digest: digest, size: size) }
}
