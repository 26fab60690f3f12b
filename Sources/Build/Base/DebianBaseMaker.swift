import Content
import Diagnostics
import Images
import Layers
import OCI
import Python
import Spec
import SystemPackage

/// Makes the catalog's Debian bases: a root file system by mmdebstrap as one layer, and wheels such as pip on top. What
/// was made once is kept in the cache, with the versions of its packages.
struct DebianBaseMaker: Sendable {
    let cache: BuildCache
    let events: BuildEvents
    /// Whether a base is made anew although the cache has it.
    let rebuilds: Bool
    /// Adds wheels to an image, as every build does.
    let installWheels: @Sendable (_ requirements: [String], _ base: BaseImage) async throws -> Image

    /// Raised whenever the same definition would give another image.
    private static let formatVersion = 1

    /// The image of a definition, from the cache or made now.
    func image(_ definition: BaseImageDefinition, platform: Platform) async throws -> Image {
        guard case .debian(let release) = definition.source else {
            throw BuildError(.invalidBase, "the base '\(definition.name)' is fetched, not made")
        }
        let rootFilesystem = try DebianRootFilesystem(
            release, python: definition.python, user: definition.user, workingDirectory: definition.workingDirectory,
            platform: platform)
        let record = try self.record(of: definition, rootFilesystem)
        if !rebuilds, let known = try cache.records.value(Descriptor.self, for: record),
            let image = try? await CachedImages(manifest: known, store: cache.blobs).whole(for: platform)
        {
            return image
        }
        let layer = try await self.layer(of: rootFilesystem, name: definition.name)
        let bare = try assemble(definition, platform: platform, layer: layer)
        let requirements = definition.python?.requirements ?? []
        let image =
            requirements.isEmpty
            ? bare
            : try await installWheels(
                requirements, BaseImage(name: definition.name, image: bare, reference: nil, cache: cache))
        try cache.records.setValue(image.descriptor, for: record)
        return image
    }

    private func record(of definition: BaseImageDefinition, _ rootFilesystem: DebianRootFilesystem) throws -> RecordKey
    {
        var key = KeyBuilder(kind: "debian-base", formatVersion: Self.formatVersion)
        key.append(LayerRecipe.formatVersion)
        key.append(try rootFilesystem.key().description)
        key.append(definition.python?.requirements ?? []) { $0.append($1) }
        key.append(String(decoding: try CanonicalJSON.encode(definition.configuration), as: UTF8.self))
        return RecordKey(kind: "made-bases", digest: try key.digest())
    }

    /// The root file system's layer. It is kept by itself, so that what fails after it, such as a package index that is
    /// out of reach, does not cost a minute again.
    private func layer(of rootFilesystem: DebianRootFilesystem, name: String) async throws -> MadeLayer {
        var key = KeyBuilder(kind: "debian-root", formatVersion: Self.formatVersion)
        key.append(LayerRecipe.formatVersion)
        key.append(try rootFilesystem.key().description)
        let digest = try key.digest()
        if !rebuilds, let known = try cache.layer(digest) { return known }
        events.emit(.notice("making the base \(name) from Debian's packages, which takes a minute, once"))
        let layer = try await makeLayer(rootFilesystem)
        try cache.setLayer(layer, for: digest)
        return layer
    }

    private func makeLayer(_ rootFilesystem: DebianRootFilesystem) async throws -> MadeLayer {
        let directory = try FileSystem.makeTemporaryDirectory(prefix: cache.root.appending("base-"))
        defer { try? FileSystem.removeTree(directory) }
        let tar = directory.appending("root.tar")
        let events = events
        try await rootFilesystem.write(to: tar) { line in
            // Of mmdebstrap's many remarks those that tell how far it is.
            if line.hasPrefix("I: "), line.hasSuffix("...") { events.emit(.notice(String(line.dropFirst(3)))) }
        }
        let store = cache.blobs
        return try await blocking {
            try RootFilesystemLayer.make(from: tar, spool: directory.appending("spool"), in: store)
        }
    }

    private func assemble(_ definition: BaseImageDefinition, platform: Platform, layer: MadeLayer) throws -> Image {
        let configuration = ImageConfiguration(
            created: Timestamp.reproducible.rfc3339, platform: platform, config: try definition.execution(),
            rootfs: .init(diffIDs: [layer.diffID]),
            history: [
                .init(
                    created: Timestamp.reproducible.rfc3339, createdBy: "cooperage", comment: "base: \(definition.name)"
                )
            ])
        return try cache.keep(configuration, layers: [layer.descriptor])
    }
}
