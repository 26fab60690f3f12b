import Content
import Diagnostics
import Images
import OCI
import Registry
import SBOM
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
    private let repositories: KnownRepositories
    private let images: KnownImages

    /// - Parameters:
    ///   - repository: where the image goes.
    ///   - tags: its names there.
    ///   - records: remembers which repositories got what.
    init(
        to repository: Reference, tags: [Reference], registries: RegistryClient, records: any RecordStore,
        events: BuildEvents
    ) throws {
        let titles = Titles()
        self.repository = repository
        self.tags = tags
        self.registries = registries
        self.events = events
        self.titles = titles
        repositories = KnownRepositories(records)
        images = try KnownImages(records, of: repository)
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

    /// Finds out what the repository still has of what went there last: one question an image, instead of one a layer.
    func presumePresent() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for image in try images.last() {
                group.addTask { if try await has(image.manifest) { session.presume(Set(image.blobs)) } }
            }
            try await group.waitForAll()
        }
    }

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
        let others = try repositories.holding(layer.digest, in: repository.registry)
        let outcome = try await session.push(
            layer, mountingFrom: sources + others, progress: { progress.moved(to: $0) }, content: content)
        if outcome == .pushed { progress.finished(at: layer.size) }
        if outcome != .present { try repositories.remember(repository, holds: layer.digest) }
    }

    /// Makes the repository have an image's configuration.
    func push(configurationOf image: Image) async throws {
        try await session.push(image.manifest.config) { try image.configurationBlob() }
    }

    /// Whether the repository has an image already, and so all that belongs to it.
    func has(_ image: Image) async throws -> Bool { try await has(image.descriptor.digest) }

    /// Whether the repository has a manifest or an index already, and so all that belongs to it.
    func has(_ digest: Digest) async throws -> Bool { try await session.has(digest, under: digest.description) }

    /// Whether all of the names stand for a manifest or an index already: then nothing is left to do, which one question a
    /// name has told.
    func isDone(_ root: Digest) async throws -> Bool {
        for tag in tags {
            guard try await session.has(root, under: tag.identifier) else { return false }
        }
        return true
    }

    /// Makes the repository have what was found elsewhere, to the byte, under its names.
    /// - Parameters:
    ///   - source: gives the blobs that are missing.
    ///   - origins: repositories that have them.
    func copy(_ content: ImageContent, from source: any ImageSource, mountingFrom origins: [Reference]) async throws {
        let root = content.root.digest
        if try await isDone(root) { return }
        do {
            if try await has(root) {
                try await finish(content.documents.suffix(1))
            } else {
                try await presumePresent()
                try await push(content, from: source, mountingFrom: origins)
            }
        } catch let error as RegistryError where error.code == .blobUnknown && session.forget() {
            // Somebody removed blobs from under a manifest. Each is asked for now.
            try await push(content, from: source, mountingFrom: origins)
        }
        try images.remember([KnownImages.Entry(manifest: root, blobs: content.blobs.map(\.digest))])
    }

    private func push(_ content: ImageContent, from source: any ImageSource, mountingFrom origins: [Reference])
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for blob in content.blobs {
                group.addTask {
                    try await push(blob, title: blob.title, mountingFrom: origins) { try await source.blob(blob) }
                }
            }
            try await group.waitForAll()
        }
        try await finish(content.documents[...])
    }

    private func finish(_ documents: ArraySlice<ImageContent.Document>) async throws {
        let contents = try documents.map { try ManifestContent($0.bytes, mediaType: $0.descriptor.mediaType) }
        try await session.finish(contents, tags: tags.map(\.identifier))
    }

    /// Pushes what is not there yet of the images, and gives them their names last.
    /// - Parameters:
    ///   - present: the digests of manifests that the repository is known to have.
    ///   - confirm: asked right before a name is given.
    func finish(_ images: ImageSet, present: Set<Digest>, confirm: @Sendable () async throws -> Void) async throws {
        do {
            try await push(images, present: present, confirm: confirm)
        } catch let error as RegistryError where error.code == .blobUnknown && session.forget() {
            // Somebody removed blobs from under a manifest. Each is asked for now.
            try await push(images, present: [], confirm: confirm)
        }
        try self.images.remember(
            images.images.map { image in
                let blobs = [image.manifest.config.digest] + image.manifest.layers.map(\.digest)
                return KnownImages.Entry(manifest: image.descriptor.digest, blobs: blobs)
            })
    }

    /// Pushes a bill of materials as a referrer of an image, which must be there: not every registry takes what refers to
    /// nothing.
    func attach(_ document: SBOMDocument, to image: Image) async throws {
        let (content, empty) = (try Blob(document.bytes), try Blob(ArtifactManifest.emptyContent))
        let type = document.format.mediaType
        let artifact = ArtifactManifest(
            type: type,
            content: Descriptor(
                mediaType: type, digest: content.digest, size: content.size,
                // What tools that fetch it call the file.
                annotations: ["org.opencontainers.image.title": "sbom\(document.format.fileEnding)"]),
            empty: empty.digest, subject: image.descriptor)
        for layer in artifact.layers { try await push(layer, title: "sbom: \(document.format.rawValue)") { content } }
        try await session.push(artifact.config) { empty }
        let attached = try await registries.attach(artifact, to: repository)
        events.emit(
            .notice("sbom: \(repository.pinned(to: attached.digest)) refers to \(image.descriptor.digest)"))
    }

    private func push(_ images: ImageSet, present: Set<Digest>, confirm: @Sendable () async throws -> Void) async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for image in images.images where !present.contains(image.descriptor.digest) {
                group.addTask { try await push(configurationOf: image) }
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
        try await session.finish(manifests, index: index, tags: tags.map(\.identifier), confirm: confirm)
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
    /// What people call a blob of which nothing else is known.
    fileprivate var title: String {
        [.configuration, .dockerConfiguration].contains(mediaType) ? "configuration" : "layer"
    }

    /// The same layer by the name that OCI has for its type.
    var asOCI: Descriptor { Descriptor(mediaType: mediaType.ociLayer, digest: digest, size: size) }
}
