import Content
import Diagnostics
import Images
import Layers
import OCI
import Spec

/// Carries out the changes of a step on the files of a base, with the files of other stages and of images at hand.
struct ChangesFollower: Sendable {
    /// How a step comes to the files of its context.
    let context: @Sendable (String) throws -> any ContextSource
    /// Where files of stages and images are.
    let library: StageLibrary
    /// Fetches files of the network.
    let fetcher: FileFetcher
    /// The number of the stage: files are taken from those before it.
    let stage: Int
    let cache: BuildCache
    let timestamp: Timestamp

    /// What becomes of the base's files.
    func followed(_ step: ChangesStep, on base: BaseImage, packages: StagePackages) async throws -> FileChanger {
        let tree = try await base.tree()
        return try await changer(step, on: base, tree: tree, packages: packages)
    }

    /// What becomes of the base's files, as far as somebody takes them: what is copied from elsewhere to other places is left
    /// out, and nobody is asked for it.
    /// - Parameter wanted: absolute paths; with a directory all that is below it.
    func followed(
        _ step: ChangesStep, on base: BaseImage, packages: StagePackages, wanted: [String]
    ) async throws -> FileChanger {
        let tree = try await base.tree()
        let files = ImageFiles(base: tree)
        let needed = step.keeping { change in
            change.placeOfForeign.map { Self.touches($0, wanted, in: files) } ?? true
        }
        guard needed != step else { return try await changer(step, on: base, tree: tree, packages: packages) }
        do {
            let changer = try await changer(needed, on: base, tree: tree, packages: packages)
            // A link that the stage itself makes may lead to what was left out.
            let places = step.instructions.flatMap(\.changes).compactMap(\.placeOfForeign)
            let isWhole = places.allSatisfy { place in
                Self.touches(place, wanted, in: files) || !Self.touches(place, wanted, in: changer.files)
            }
            if isWhole { return changer }
        } catch is BuildError {
            // What was left out is spoken of.
        }
        return try await changer(step, on: base, tree: tree, packages: packages)
    }

    /// Whether one of the paths is, is in, or holds a place. A loop of links is said to be.
    private static func touches(_ place: String, _ paths: [String], in files: ImageFiles) -> Bool {
        guard let place = files.resolved(place) else { return true }
        return paths.contains { path in
            guard let path = files.resolved(path) else { return true }
            return path == place || LayerPath.isBelow(place, path) || LayerPath.isBelow(path, place)
        }
    }

    private func changer(
        _ step: ChangesStep, on base: BaseImage, tree: FileTree, packages: StagePackages
    ) async throws -> FileChanger {
        let origins = try await origins(of: step.copies)
        let baseDigests = try await baseDigests(of: base, in: origins)
        let downloads = try await fetcher.fetched(step)
        let (context, timestamp, cache) = (context, timestamp, cache)
        return try await blocking {
            var changer = FileChanger(
                files: ImageFiles(base: tree), context: try context(step.source),
                ignore: try step.ignoreFile.map { try IgnoreFile($0, name: ".dockerignore") }
                    ?? IgnoreFile(patterns: []),
                packages: packages.directories, timestamp: timestamp)
            changer.environments = packages.environments
            changer.origins = origins
            changer.baseDigests = baseDigests
            changer.downloads = downloads
            changer.cache = cache
            for instruction in step.instructions { try changer.follow(instruction) }
            try changer.checkTaken()
            return changer
        }
    }

    // MARK: Files from elsewhere

    /// The stages and images that copies name, with the contents that will be asked for.
    private func origins(of copies: [FileCopy]) async throws -> [FileOrigin: StageSource] {
        var origins: [FileOrigin: StageSource] = [:]
        for (origin, copies) in Dictionary(grouping: copies, by: \.origin) {
            guard let origin else { continue }
            let source = try await library.source(origin, before: stage)
            let scout = StageScout(source)
            try await blocking {
                let place = CopySources(context: scout, ignore: try IgnoreFile(patterns: []), name: source.name)
                for copy in copies { Self.look(for: copy, in: place) }
            }
            origins[origin] = try await source.providing(scout.paths, from: MemberCache(cache: cache))
        }
        return origins
    }

    private static func look(for copy: FileCopy, in place: CopySources) {
        for named in copy.sources {
            // What is wrong with it is told where it is followed, with its line.
            guard let sources = try? place.found(named), let excluded = try? IgnoreFile(patterns: copy.excluded) else {
                continue
            }
            for source in sources { _ = try? place.listed(source, excluded: excluded) }
        }
    }

    /// The contents of the base's own files, where a stage has the same ones of the same layers.
    private func baseDigests(
        of base: BaseImage, in origins: [FileOrigin: StageSource]
    ) async throws -> [PathKey: Digest] {
        let layers = base.image.manifest.layers
        let related = origins.values.filter { source in
            source.base.image.manifest.layers.contains { layer in layers.contains { $0.digest == layer.digest } }
        }
        guard !related.isEmpty else { return [:] }
        let members = try await base.members()
        var digests: [PathKey: Digest] = [:]
        for source in related {
            let others = source.base.image.manifest.layers
            for (path, kept) in source.members {
                guard let own = members[path.path], let other = source.baseMembers[path.path], own.path == other.path,
                    layers[own.layer].digest == others[other.layer].digest
                else { continue }
                digests[path] = kept.digest
            }
        }
        return digests
    }
}

extension StageSource {
    /// The same with the contents of files of its base.
    func providing(_ paths: Set<String>, from cache: MemberCache) async throws -> StageSource {
        var result = self
        let layers = base.image.manifest.layers
        var wanted: [Int: [PathKey: [String]]] = [:]
        for path in paths {
            guard let member = baseMembers[path] else { continue }
            wanted[member.layer, default: [:]][PathKey(member.path), default: []].append(path)
        }
        for (layer, names) in wanted.sorted(by: { $0.key < $1.key }) {
            let found = try await cache.members(Set(names.keys), of: layers[layer], in: base.image)
            for (name, member) in found { for path in names[name] ?? [] { result.members[PathKey(path)] = member } }
        }
        return result
    }
}

extension ChangesStep {
    /// All copies, in order.
    var copies: [FileCopy] {
        instructions.flatMap(\.changes).compactMap { if case .copy(let copy) = $0 { copy } else { nil } }
    }

    /// The same without some changes.
    fileprivate func keeping(_ isKept: (FileChange) -> Bool) -> ChangesStep {
        var step = self
        for number in step.instructions.indices { step.instructions[number].changes.removeAll { !isKept($0) } }
        return step
    }
}

extension FileChange {
    /// Where it puts files of another stage, of an image or of the network; nil where it does nothing of the kind.
    fileprivate var placeOfForeign: String? {
        switch self {
        case .copy(let copy): copy.origin == nil ? nil : copy.destination
        case .download(let download): download.destination
        default: nil
        }
    }
}
