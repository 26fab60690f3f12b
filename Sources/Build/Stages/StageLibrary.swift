import Content
import Diagnostics
import Layers
import OCI
import Python
import Spec

/// The stages and images that a build takes files from, each looked at when it is first asked for: what nobody takes from
/// costs nothing.
actor StageLibrary {
    private let stages: [Stage]
    private let platform: Platform
    private let timestamp: Timestamp
    private let cache: BuildCache
    private let context: @Sendable (String) throws -> any ContextSource
    private let resolve: @Sendable (BaseSource, Platform) async throws -> BaseImage
    private let fetcher: FileFetcher
    private var known: [FileOrigin: StageSource] = [:]

    /// - Parameters:
    ///   - spec: whose stages they are.
    ///   - platform: the image's.
    ///   - context: how a step comes to the files of its context.
    ///   - fetcher: fetches files of the network.
    ///   - resolve: finds a base.
    init(
        _ spec: BuildSpec, platform: Platform, cache: BuildCache, fetcher: FileFetcher,
        context: @escaping @Sendable (String) throws -> any ContextSource,
        resolve: @escaping @Sendable (BaseSource, Platform) async throws -> BaseImage
    ) {
        stages = spec.stages
        timestamp = spec.timestamp
        self.platform = platform
        self.cache = cache
        self.fetcher = fetcher
        self.context = context
        self.resolve = resolve
    }

    /// The files of a stage or an image.
    /// - Parameter number: that of the stage that asks: only those before it count.
    /// - Throws: `BuildError` for a stage that is not there.
    func source(_ origin: FileOrigin, before number: Int) async throws -> StageSource {
        if let source = known[origin] { return source }
        let source: StageSource
        switch origin {
        case .image(let image):
            let base = try await resolve(image, platform)
            source = try await self.source("the image '\(base.name)'", of: base)
        case .stage(let name):
            guard let place = stages[..<number].firstIndex(where: { $0.name == name }) else {
                throw BuildError(.invalidSpec, "files are taken from the stage '\(name)', and none is called so")
            }
            source = try await self.source(ofStage: place, named: name)
        }
        known[origin] = source
        return source
    }

    private func source(_ name: String, of base: BaseImage) async throws -> StageSource {
        StageSource(
            name, base: base, files: ImageFiles(base: try await base.tree()), baseMembers: try await base.members(),
            cache: cache)
    }

    private func source(ofStage number: Int, named name: String) async throws -> StageSource {
        let stage = stages[number]
        let title = "the stage '\(name)'"
        let base = try await resolve(stage.base, stage.platform ?? platform)
        // Whoever reads Dockerfiles follows what a base keeps for others, but does not look at one of which files are taken.
        guard !stage.steps.isEmpty || (base.configuration.config?.onBuild ?? []).isEmpty else {
            throw BuildError(
                .invalidSpec,
                "the base '\(base.name)' of \(title) keeps instructions (ONBUILD), which would be passed over",
                hints: ["take the files from the image itself: --from=\(base.name)"])
        }
        var environments: [StageEnvironment] = []
        var changes: ChangesStep?
        for step in stage.steps {
            switch step {
            case .changes(let step) where changes == nil: changes = step
            case .python(let step):
                environments.append(
                    StageEnvironment(stage: title, step: step, planned: try await base.environment(at: step.place)))
            case .configuration: break
            default: throw BuildError(.invalidSpec, "\(title) has steps that no files are taken from")
            }
        }
        guard let changes else {
            var source = try await self.source(title, of: base)
            source.environments = environments
            return source
        }
        let follower = ChangesFollower(
            context: context, library: self, fetcher: fetcher, stage: number, cache: cache, timestamp: timestamp)
        let changer = try await follower.followed(
            changes, on: base,
            packages: StagePackages(
                directories: environments.flatMap(\.directories),
                environments: Set(environments.compactMap(\.prefix))), wanted: wanted(of: name))
        var source = StageSource(
            title, base: base, files: changer.files, baseMembers: try await base.members(), cache: cache)
        let taken = changer.taken.map { taken in
            var environment = taken.environment
            environment.owner = taken.owner
            return environment
        }
        source.environments = (environments + taken).map { environment in
            var environment = environment
            if let prefix = environment.prefix {
                environment.owner = changer.given.owner(of: prefix, after: environment.owner)
            }
            return environment
        }
        source.contents = changer.contents
        return source
    }

    /// The paths that others take from a stage: of patterns what stands before them.
    private func wanted(of name: String) -> [String] {
        let copies = stages.flatMap(\.steps).flatMap { step -> [FileCopy] in
            if case .changes(let changes) = step { changes.copies } else { [] }
        }
        return copies.filter { $0.origin == .stage(name) }.flatMap(\.sources).map { "/" + $0.fixedStart }
    }
}
