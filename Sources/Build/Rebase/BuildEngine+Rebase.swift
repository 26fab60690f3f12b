import Content
import Diagnostics
import Images
import OCI
import Registry
import Spec
import SystemPackage

extension BuildEngine {
    /// Puts an image on another base: the lowest layers are replaced, those above stay as they are, and what the image says
    /// follows the base where it said what its old base did.
    ///
    /// An image of Cooperage's comes to what a build on the new base gives, to the byte.
    /// - Throws: `BuildError` (`not_rebasable`) where the image does not begin with the old base's layers, or what is in
    ///   its layers does not go with the new base.
    public func rebase(_ request: RebaseRequest) async throws -> CopyResult {
        let destinations = try destinations(of: request)
        let source = try await imageSource(request.image)
        let (found, isIndex) = try await source.images(for: request.platform)
        var rebased: [(image: Image, base: BaseImage)] = []
        for image in found { rebased.append(try await self.rebased(image, request, source.name)) }
        let images = try ImageSet(images: rebased.map(\.image), isIndex: isIndex)
        let (bases, origin) = (rebased.map(\.base), request.image)
        return try await events.phase(.output) {
            var reference = images.root.digest.description
            var uploaded: Int64?
            let names = destinations.compactMap { if case .registry(let name) = $0 { name } else { nil } }
            if !names.isEmpty {
                let pushes = try self.pushes(ofNames: names)
                for push in pushes { try await self.push(images, on: bases, from: origin, by: push) }
                uploaded = pushes.reduce(0) { $0 + $1.uploadedBytes }
                reference = names[names.count - 1].pinned(to: images.root.digest).description
            }
            for destination in destinations {
                switch destination {
                case .registry: break
                case .layout(let path): try await export(images, to: .layout(path), tags: origin.names)
                case .archive(let path): try await export(images, to: .dockerArchive(path), tags: origin.names)
                }
            }
            return CopyResult(
                digest: images.root.digest, reference: reference,
                blobs: images.images.flatMap { $0.manifest.layers.map(\.digest) }, uploadedBytes: uploaded)
        }
    }

    private func destinations(of request: RebaseRequest) throws -> [CopyDestination] {
        guard request.destinations.isEmpty else { return request.destinations }
        guard case .registry(let reference) = request.image else {
            throw BuildError(
                .invalidOutput, "nothing says where the rebased image goes", hints: ["name a place by --tag"])
        }
        return [.registry(reference)]
    }

    /// One for each repository. A name that is a digest has the image pushed under none.
    private func pushes(ofNames names: [Reference]) throws -> [ImagePush] {
        guard names.contains(where: { $0.digest != nil }) else { return try pushes(of: names) }
        guard let name = names.first, names.count == 1 else {
            throw BuildError(
                .invalidOutput, "a digest among several names holds no image that is made now",
                hints: ["name it by tags alone"])
        }
        return [
            try ImagePush(
                to: name, tags: [], registries: registries, records: configuration.cache.records, events: events)
        ]
    }

    private func push(_ images: ImageSet, on bases: [BaseImage], from origin: BaseSource, by push: ImagePush)
        async throws
    {
        var sources: [Reference] = []
        if case .registry(let reference) = origin { sources = [reference] }
        let mounts = sources
        try await push.presumePresent()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (image, base) in zip(images.images, bases) {
                group.addTask { try await push.push(base) }
                let count = base.image.manifest.layers.count
                for (layer, title) in zip(image.manifest.layers, image.layerTitles).dropFirst(count) {
                    group.addTask {
                        try await push.push(layer, title: title, mountingFrom: mounts) { try await image.layer(layer) }
                    }
                }
            }
            try await group.waitForAll()
        }
        try await push.finish(images, present: [], confirm: {})
    }

    // MARK: One image

    private func rebased(_ image: Image, _ request: RebaseRequest, _ name: String) async throws
        -> (image: Image, base: BaseImage)
    {
        let platform = image.configuration.platform
        let (old, new) = try await events.phase(.base) {
            (
                try await oldBase(of: image, request, name: name),
                try await bases.resolve(request.newBase, platform: platform)
            )
        }
        let count = old.configuration.rootfs.diffIDs.count
        try check(image, startsWith: old, name: name)
        let before = image.configuration.config ?? .init()
        let after = before.rebased(from: old.configuration.config ?? .init(), to: new.configuration.config ?? .init())
        if !request.isForced {
            let all = try await events.phase(.plan) {
                try await BaseImage(name: name, image: image, reference: nil, cache: configuration.cache).indexes()
            }
            let check = RebaseCheck(
                base: new.name, platform: platform, old: Array(all.prefix(count)), new: try await new.indexes(),
                upper: Array(all.dropFirst(count)), before: before, after: after)
            for warning in try await blocking({ try check.warnings() }) { events.emit(.warning(warning)) }
        }
        var document = image.configuration
        document.config = after.renamingBase(to: new)
        document.osVersion = new.configuration.osVersion
        document.osFeatures = new.configuration.osFeatures
        document.rootfs = .init(
            diffIDs: new.configuration.rootfs.diffIDs + image.configuration.rootfs.diffIDs.dropFirst(count))
        document.history =
            new.layerHistory + image.configuration.history(above: old.layerHistory, layers: count)
        var annotations = image.manifest.annotations ?? [:]
        for (key, value) in new.annotations { annotations[key] = value }
        if new.reference == nil { annotations[BaseAnnotation.name] = nil }
        let lower = Set(new.image.manifest.layers.map(\.digest))
        let result = try configuration.cache.keep(
            document, layers: new.image.manifest.layers + image.manifest.layers.dropFirst(count),
            annotations: annotations.isEmpty ? nil : annotations
        ) { layer in try await (lower.contains(layer.digest) ? new.image : image).layer(layer) }
        return (result, new)
    }

    private func oldBase(of image: Image, _ request: RebaseRequest, name: String) async throws -> BaseImage {
        let platform = image.configuration.platform
        if let source = request.oldBase { return try await bases.resolve(source, platform: platform) }
        let annotations = image.manifest.annotations ?? [:]
        guard let base = annotations[BaseAnnotation.name], let digest = annotations[BaseAnnotation.digest],
            let reference = try? Reference(base), let digest = try? Digest(digest)
        else {
            throw BuildError(
                .notRebasable, "\(name) does not say what it was built on",
                hints: ["name its base by --old-base; builds on a base in a registry annotate their images with it"])
        }
        do {
            return try await bases.resolve(.registry(reference.pinned(to: digest)), platform: platform)
        } catch let error as RegistryError where error.blame == .request {
            throw BuildError(
                .notRebasable,
                "the base that \(name) was built on, \(reference.pinned(to: digest)), cannot be had: \(error.message)",
                context: error.context, hints: ["name it by --old-base, where it has another name"], cause: error)
        }
    }

    private func check(_ image: Image, startsWith old: BaseImage, name: String) throws(BuildError) {
        let (own, lower) = (image.configuration.rootfs.diffIDs, old.configuration.rootfs.diffIDs)
        guard let number = lower.indices.first(where: { $0 >= own.count || own[$0] != lower[$0] }) else { return }
        throw BuildError(
            .notRebasable,
            number >= own.count
                ? "\(name) has \(own.count) layers, and '\(old.name)', which it is said to be built on, \(lower.count)"
                : "\(name) was not built on '\(old.name)': its layer \(number + 1) is \(own[number].short), and not \(lower[number].short)",
            hints: ["name what it was built on by --old-base, as it was then: registry/repository@sha256:…"])
    }
}

/// The annotations that name what an image was built on (OCI image specification, annotations.md).
enum BaseAnnotation {
    static let name = "org.opencontainers.image.base.name"
    static let digest = "org.opencontainers.image.base.digest"
}

extension BaseImage {
    /// What an image that is built on it says of it.
    var annotations: [String: String] {
        var all: [String: String] = [:]
        // Who rebases or checks for drift later starts from these.
        if !isEmpty { all[BaseAnnotation.digest] = digest.description }
        if let reference { all[BaseAnnotation.name] = reference.description }
        return all
    }
}

extension ImageConfiguration.Execution {
    /// With labels of the base, where there are such, that name another one.
    fileprivate func renamingBase(to base: BaseImage) -> Self {
        var result = self
        for key in [BaseAnnotation.name, BaseAnnotation.digest] where labels?[key] != nil {
            result.labels?[key] = base.annotations[key]
        }
        return result
    }
}

extension Image {
    /// What the history calls each layer.
    fileprivate var layerTitles: [String] {
        let titles = (configuration.history ?? []).filter { $0.emptyLayer != true }.map { $0.comment ?? $0.createdBy }
        return manifest.layers.indices.map { $0 < titles.count ? titles[$0] ?? "layer" : "layer" }
    }
}
