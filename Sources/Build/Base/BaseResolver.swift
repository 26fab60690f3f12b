import Content
import Diagnostics
import Images
import OCI
import Registry
import Spec
import SystemPackage
import Transfer

/// Finds the image that a stage starts from, for one platform.
struct BaseResolver: Sendable {
    let cache: BuildCache
    let registries: RegistryClient
    let catalog: BaseCatalog
    let maker: DebianBaseMaker
    /// Whether a registry is asked although the tag was resolved before (`--pull`).
    let pulls: Bool
    let events: BuildEvents

    /// The base for a platform.
    /// - Parameter platform: nil takes the base's only one, or the host's.
    func resolve(_ source: BaseSource, platform: Platform?) async throws -> BaseImage {
        switch source {
        case .registry(let reference):
            return try await fromRegistry(reference, name: reference.description, platform: platform)
        case .layout(let path):
            let layout = try OCILayout(FilePath(path))
            return base(try await layout.image(for: platform), name: path)
        case .archive(let path):
            return base(try await fromArchive(FilePath(path), platform: platform), name: path)
        case .scratch:
            return base(try cache.emptyImage(platform ?? .host), name: "scratch")
        case .catalog(let name):
            let definition = try catalog.definition(named: name)
            switch definition.source {
            case .image(let reference):
                return try await fromRegistry(reference, name: name, platform: platform, definition: definition)
            case .debian:
                let image = try await maker.image(definition, platform: platform ?? .host)
                return BaseImage(name: name, image: image, reference: nil, cache: cache.ofCatalog)
            }
        }
    }

    private func base(_ image: Image, name: String, reference: Reference? = nil) -> BaseImage {
        BaseImage(name: name, image: image, reference: reference, cache: cache)
    }

    // MARK: Archives

    /// The image of an archive, which is unpacked once as long as the file stays the same.
    private func fromArchive(_ path: FilePath, platform: Platform?) async throws -> Image {
        guard let status = try FileSystem.status(path) else {
            throw BuildError(.invalidBase, "the archive '\(path)' does not exist", hints: ["name a file"])
        }
        var key = KeyBuilder(kind: "archive", formatVersion: 1)
        for part in [Int64(bitPattern: status.inode), status.size, status.modified, status.changed] { key.append(part) }
        let record = RecordKey(kind: "archives", digest: try key.digest())
        if let known = try cache.records.value(Descriptor.self, for: record),
            let image = try? await CachedImages(manifest: known, store: cache.blobs).whole(for: platform)
        {
            return image
        }
        let store = cache.blobs
        let archive = try await blocking { try DockerArchive(path, into: store) }
        try cache.records.setValue(await archive.root(), for: record)
        return try await archive.image(for: platform)
    }

    // MARK: Registries

    private func fromRegistry(
        _ reference: Reference, name: String, platform: Platform?, definition: BaseImageDefinition? = nil
    ) async throws -> BaseImage {
        // What the catalog names is for everybody; what a spec names may be this build's alone.
        let cache = definition == nil ? cache : cache.ofCatalog
        let source = RegistryImages(reference, registries: registries, cache: cache)
        var key = KeyBuilder(kind: "base-reference", formatVersion: 1)
        key.append(reference.description)
        key.append(platform?.description)
        let record = RecordKey(kind: "base-references", digest: try key.digest())
        let image: Image
        // What the tag meant when it was last asked for.
        if !pulls, let known = try cache.records.value(Descriptor.self, for: record) {
            image = try await source.image(known)
        } else {
            image = try await source.image(for: platform)
            try cache.records.setValue(image.descriptor, for: record)
        }
        let adjusted = try definition.map { try $0.applied(to: image, cache: cache) } ?? image
        return BaseImage(name: name, image: adjusted, reference: reference, cache: cache)
    }
}
