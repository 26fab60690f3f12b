import Content
import Diagnostics
import FoundationEssentials
public import Images
public import OCI
public import Python
public import Registry
import SBOM
public import Spec
import SystemPackage
public import Transfer

// A build is three steps, each a value that the next one follows: resolve (what do the manifests, the context and the
// base come to?), plan (`BuildPlan`: which layers by which recipes), realise (make what the cache lacks, put the image
// together, hand it to its outputs). This room knows no HTTP and no terminal: the command line and the service use the
// same entry point and render its events.

/// Plans and carries out builds with one cache.
public struct BuildEngine: Sendable {
    /// What holds for all builds of an engine.
    public struct Configuration: Sendable {
        /// Where blobs and records are kept.
        public var cache: BuildCache
        /// The environment that uv and the registry client see.
        public var environment: [String: String]
        /// What the user lends to the processes that fetch packages.
        public var secrets = SecretSet()
        /// The ids of those that were put to use before the engine is asked, and of which it has nothing to say.
        public var usedSecrets: Set<String> = []
        /// Where registries are and how they are reached.
        public var hosts = RegistryHosts()
        /// Whether finished layers, runs and resolutions of earlier builds are used.
        public var usesCache = true
        /// Whether registries are asked again for what a base's tag means.
        public var pulls = false
        /// How many layers are made at a time.
        public var workers = ProcessInfo.processInfo.activeProcessorCount
        /// How many wheels are downloaded at a time.
        public var downloads = 8
        /// How wheels are divided into layers.
        public var partition = WheelPartition()
        /// Whose connections are used, made for `hosts`; nil has some for the engine alone.
        public var client: HTTPClient?
        /// How often and when transfers are tried again.
        public var retrier = Retrier()
        /// Who we are at registries; nil takes docker's and podman's files of the environment.
        public var credentials: (any CredentialSource)?
        /// How a files step comes to its files; by default they are read from the step's directory.
        public var contextFiles: @Sendable (FilesStep) throws -> ContextFiles = {
            try ContextFiles(FilePath($0.source), excluded: $0.excluded)
        }
        /// How the changes of a Dockerfile come to the files of their context; by default it is a directory.
        public var contextSource: @Sendable (_ directory: String) throws -> any ContextSource = {
            try DirectorySource(context: FilePath($0))
        }
        /// What manifests may name, where they are a stranger's; nil trusts them.
        public var confinement: ManifestConfinement?
        /// Told of what will be built, before anything of it is made.
        public var planned: @Sendable (_ plans: [BuildPlan], _ locks: [Lock]) async throws -> Void = { _, _ in }
        /// Asked right before a tag of the images is written: what it throws leaves the tag as it is.
        public var confirm: @Sendable (ImageSet) async throws -> Void = { _ in }

        /// The usual settings with a cache.
        public init(cache: BuildCache, environment: [String: String]) {
            self.cache = cache
            self.environment = environment
        }
    }

    let configuration: Configuration
    let events: BuildEvents
    let registries: RegistryClient
    private let wheels: WheelFetcher
    let client: HTTPClient
    private let keyring: Keyring
    /// Read by uv for as long as the engine lives; it has no name in any directory.
    private let netrc: AnonymousFile?

    /// Makes an engine.
    /// - Parameters:
    ///   - configuration: what holds for all of its builds.
    ///   - events: told of everything that happens.
    /// - Throws: `RegistryError` when the credentials' file cannot be read.
    public init(_ configuration: Configuration, events: BuildEvents) throws {
        var configuration = configuration
        netrc = try configuration.secrets.bytes(LentVariables.netrcID).map { try AnonymousFile($0) }
        if let netrc { configuration.environment["NETRC"] = netrc.path.string }
        self.configuration = configuration
        self.events = events
        keyring = Keyring(environment: configuration.environment)
        let client = configuration.client ?? HTTPClient(configuration: configuration.hosts.clientConfiguration)
        let credentials =
            try configuration.credentials ?? CredentialFiles(environment: configuration.environment)
        registries = RegistryClient(
            client: client, credentials: credentials, retrier: configuration.retrier,
            records: configuration.cache.records, hosts: configuration.hosts, warn: { events.emit(.warning($0)) })
        let shared = configuration.cache.shared
        wheels = WheelFetcher(
            downloader: Downloader(client, retrier: configuration.retrier), store: configuration.cache.blobs,
            shared: shared.map { shared in .init(store: shared.cache.blobs) { shared.isPublic($0) } },
            limit: configuration.downloads)
        self.client = client
    }

    /// An engine of the same settings on another cache.
    private init(_ other: BuildEngine, on cache: BuildCache) {
        var configuration = other.configuration
        configuration.cache = cache
        // What is made for everybody is made of what the catalog says alone.
        configuration.confinement = nil
        configuration.secrets = SecretSet()
        configuration.environment["NETRC"] = other.netrc == nil ? configuration.environment["NETRC"] : nil
        netrc = nil
        keyring = other.keyring
        self.configuration = configuration
        events = other.events
        registries = other.registries
        client = other.client
        wheels = WheelFetcher(
            downloader: Downloader(other.client, retrier: configuration.retrier), store: cache.blobs,
            limit: configuration.downloads)
    }

    // MARK: Planning

    /// The plans of a spec, one for each platform; nothing is made but bases of the catalog, nothing is pushed.
    public func plan(_ spec: BuildSpec) async throws -> [BuildPlan] { try await plan([spec]) }

    /// The plans of specs, each for platforms of its own.
    public func plan(_ specs: [BuildSpec]) async throws -> [BuildPlan] { try await drafts(specs).map(\.plan) }

    /// What the requirements of a spec come to, for each platform.
    public func locks(_ spec: BuildSpec) async throws -> [Lock] { try await drafts([spec]).flatMap(\.draft.locks) }

    private func drafts(_ specs: [BuildSpec]) async throws -> [PlannedBuild] {
        var builds: [PlannedBuild] = []
        for spec in specs { builds += try await drafts(of: spec) }
        let used = builds.reduce(configuration.usedSecrets) { $0.union($1.draft.inputs.usedSecrets) }
        for id in configuration.secrets.ids where !used.contains(id) {
            events.emit(.warning("nothing uses the secret '\(id)'"))
        }
        return builds
    }

    private func drafts(of spec: BuildSpec) async throws -> [PlannedBuild] {
        guard let stage = spec.stages.last else {
            throw BuildError(.invalidSpec, "a build has a stage or more, not 0")
        }
        for case .python(let step) in stage.steps where step.lockFile != nil && spec.platforms.count > 1 {
            throw BuildError(
                .invalidSpec, "one lock file cannot hold the locks of \(spec.platforms.count) platforms",
                hints: ["build for one --platform to write it"])
        }
        var builds: [PlannedBuild] = []
        for platform in spec.platforms.isEmpty ? [nil] : spec.platforms.map(Optional.some) {
            builds.append(try await draft(stage, of: spec, platform: platform))
        }
        return builds
    }

    private func draft(_ stage: Stage, of spec: BuildSpec, platform: Platform?) async throws -> PlannedBuild {
        let base = try await events.phase(.base) { try await bases.resolve(stage.base, platform: platform) }
        var draft = PlanDraft(base: base, timestamp: spec.timestamp)
        let library = library(of: spec, platform: platform ?? base.configuration.platform)
        for step in stage.steps {
            try await planner(of: step, of: spec, from: library).plan(into: &draft)
        }
        if let limit = spec.layerLimit {
            draft.layers = try await LayerSplitter(limit: limit, supply: supply).split(
                draft.layers, inputs: draft.inputs, above: base.image.manifest.layers.count)
        }
        let finished = draft
        return try await events.phase(.plan) {
            PlannedBuild(
                plan: try plan(finished, annotations: spec.annotations), draft: finished, layerLimit: spec.layerLimit)
        }
    }

    private func plan(_ draft: PlanDraft, annotations: [String: String]) throws -> BuildPlan {
        let base = draft.base
        let all = annotations.merging(base.annotations) { $1 }
        var layers = draft.layers
        if configuration.usesCache {
            for number in layers.indices { layers[number].cached = try configuration.cache.layer(layers[number].key) }
        }
        return BuildPlan(
            platform: base.configuration.platform,
            base: PlannedBase(name: base.name, digest: base.digest, layers: base.image.manifest.layers), layers: layers,
            execution: draft.execution, annotations: all, timestamp: draft.timestamp)
    }

    // MARK: Building

    /// Builds a spec and hands the result to its outputs.
    /// - Parameters:
    ///   - spec: what is asked for.
    ///   - tags: the names of the image.
    ///   - outputs: where it goes; nowhere leaves it in the cache.
    ///   - sbom: whether bills of materials are wanted, and how.
    public func build(
        _ spec: BuildSpec, tags: [Reference], outputs: [BuildOutput], sbom: SBOMRequest? = nil
    ) async throws -> BuildResult {
        try await build([spec], tags: tags, outputs: outputs, sbom: sbom)
    }

    /// Builds specs, each for platforms of its own, into one image or one index.
    public func build(
        _ specs: [BuildSpec], tags: [Reference], outputs: [BuildOutput], sbom: SBOMRequest? = nil
    ) async throws -> BuildResult {
        let pushes = outputs.contains(.registry) ? try pushes(of: tags) : []
        try configuration.cache.removeAbandoned(now: Int64(Date().timeIntervalSince1970))
        let builds = try await drafts(specs)
        try await configuration.planned(builds.map(\.plan), builds.flatMap(\.draft.locks))
        for (path, text) in builds.flatMap(\.draft.inputs.lockFiles) {
            try FileSystem.write(text.utf8, to: FilePath(path))
        }
        let isIndex = specs.reduce(0) { $0 + $1.platforms.count } > 1
        let realised = try await events.phase(.layers) {
            let known = try builds.map { try knownImage($0) }
            let done = try await donePushes(pushes, of: known, isIndex: isIndex)
            var realised: [RealisedBuild] = []
            var warned: Set<String> = []
            for (build, image) in zip(builds, known) {
                let next = try await realise(
                    build, known: image, pushes: pushes, done: done, isOneOfSeveral: builds.count > 1)
                // What wheels for all platforms have in common is told once.
                for warning in next.warnings where warned.insert(warning).inserted { events.emit(.warning(warning)) }
                realised.append(next)
            }
            return realised
        }
        return try await events.phase(.output) {
            let images = try ImageSet(images: realised.map(\.image), isIndex: isIndex)
            for (number, push) in pushes.enumerated() {
                let present = realised.filter { $0.presentIn.contains(number) }.map(\.image.descriptor.digest)
                try await push.finish(
                    images, present: Set(present), confirm: { try await configuration.confirm(images) })
            }
            for output in outputs { try await export(images, to: output, tags: tags) }
            var documents: [SBOMDocument] = []
            if let sbom {
                for (build, image) in zip(builds, realised.map(\.image)) {
                    let document = try SBOMDocument(await bill(build, image: image, tags: tags), sbom.format)
                    for push in pushes where sbom.isAttached { try await push.attach(document, to: image) }
                    documents.append(document)
                }
            }
            return BuildResult(
                images: images, pushed: pushes.flatMap(\.tags),
                uploadedBytes: pushes.reduce(0) { $0 + $1.uploadedBytes }, sboms: documents)
        }
    }

    private struct RealisedBuild {
        let image: Image
        /// The numbers of the pushes whose repositories have the image already.
        let presentIn: Set<Int>
        /// What the user should know of the image's packages.
        let warnings: [String]
    }

    /// The image of a plan of which nothing is to be made; nil for any other.
    private func knownImage(_ build: PlannedBuild) throws -> Image? {
        let cached = build.plan.layers.compactMap(\.cached)
        guard cached.count == build.plan.layers.count else { return nil }
        return try ImageAssembler(cache: configuration.cache).assemble(
            build.plan, base: build.draft.base, layers: cached)
    }

    /// The numbers of the pushes whose names stand for these images already: where all of them are known, one question a name
    /// tells.
    private func donePushes(_ pushes: [ImagePush], of images: [Image?], isIndex: Bool) async throws -> Set<Int> {
        let known = images.compactMap(\.self)
        guard known.count == images.count else { return [] }
        let root = try ImageSet(images: known, isIndex: isIndex).root.digest
        var done: Set<Int> = []
        for (number, push) in pushes.enumerated() where try await push.isDone(root) { done.insert(number) }
        return done
    }

    private func realise(
        _ build: PlannedBuild, known: Image?, pushes: [ImagePush], done: Set<Int> = [], isOneOfSeveral: Bool = false
    ) async throws -> RealisedBuild {
        let (plan, base) = (build.plan, build.draft.base)
        var presentIn = done
        // Where the image is known, one question tells whether the repository has all of it.
        if let known {
            for (number, push) in pushes.enumerated() where !done.contains(number) {
                if try await push.has(known) { presentIn.insert(number) }
            }
        }
        let needed = pushes.enumerated().filter { !presentIn.contains($0.offset) }.map(\.element)
        let realiser = LayerRealiser(
            supply: supply, workers: configuration.workers, usesCache: configuration.usesCache,
            platform: isOneOfSeveral ? plan.platform : nil, limit: build.layerLimit, events: events)
        let inputs = build.draft.inputs
        let finished = try await withThrowingTaskGroup(of: (Image, [String])?.self) { group in
            // The base travels while our layers are made, and whichever fails first ends the other.
            let (ready, hand) = AsyncStream.makeStream(of: FinishedLayer.self)
            group.addTask {
                try await push(base, ready, to: needed)
                return nil
            }
            group.addTask {
                defer { hand.finish() }
                let layers = try await realiser.realise(plan, inputs: inputs) { planned, layer in
                    hand.yield(FinishedLayer(title: planned.title, descriptor: layer.descriptor))
                }
                let warnings = try await blocking { try overlaps(in: plan) }
                let image =
                    try known
                    ?? ImageAssembler(cache: configuration.cache).assemble(plan, base: base, layers: layers)
                // Small, and known before the last layers have arrived.
                for push in needed { try await push.push(configurationOf: image) }
                return (image, warnings)
            }
            return try await group.reduce(nil) { $0 ?? $1 }
        }
        guard let (image, warnings) = finished else { throw CancellationError() }
        return RealisedBuild(image: image, presentIn: presentIn, warnings: warnings)
    }

    private func overlaps(in plan: BuildPlan) throws -> [String] {
        let cache = configuration.cache
        let layers = plan.layers.compactMap { if case .wheels(let layer) = $0.recipe { layer } else { nil } }
        return try WheelOverlaps(store: cache.content, records: [cache.records, cache.ofCatalog.records])
            .warnings(of: layers)
    }

    /// A layer that is ready to travel.
    private struct FinishedLayer: Sendable {
        let title: String
        let descriptor: Descriptor
    }

    /// Brings the base to repositories, and our layers as they become ready.
    private func push(_ base: BaseImage, _ layers: AsyncStream<FinishedLayer>, to pushes: [ImagePush]) async throws {
        let store = configuration.cache.content
        for push in pushes { try await push.presumePresent() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for push in pushes { group.addTask { try await push.push(base) } }
            for await layer in layers {
                group.addTask {
                    for push in pushes {
                        try await push.push(layer.descriptor, title: layer.title) {
                            try store.required(layer.descriptor.digest)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// One for each repository, with its tags in the order given.
    func pushes(of tags: [Reference]) throws -> [ImagePush] {
        guard !tags.isEmpty else {
            throw BuildError(
                .invalidOutput, "an image is to be pushed, but it has no name", hints: ["name it with --tag"])
        }
        for tag in tags where tag.digest != nil {
            throw BuildError(
                .invalidOutput, "'\(tag)' holds a digest, which an image gets only from its content",
                hints: ["name it by a tag alone"])
        }
        var repositories: [Reference] = []
        for tag in tags where !repositories.contains(where: { $0.name == tag.name }) { repositories.append(tag) }
        return try repositories.map { repository in
            try ImagePush(
                to: repository, tags: tags.filter { $0.name == repository.name }, registries: registries,
                records: configuration.cache.records, events: events)
        }
    }

    // MARK: Bases

    /// Makes an entry of the catalog or fetches it, whole, into the cache.
    /// - Parameter rebuild: whether it is made anew although the cache has it.
    public func base(named name: String, platforms: [Platform], rebuild: Bool) async throws -> ImageSet {
        var images: [Image] = []
        for platform in platforms.isEmpty ? [nil] : platforms.map(Optional.some) {
            let base = try await events.phase(.base) {
                try await bases(rebuilding: rebuild).resolve(.catalog(name), platform: platform)
            }
            for layer in base.image.manifest.layers { _ = try await base.image.layer(layer) }
            images.append(base.image)
        }
        return try ImageSet(images: images, isIndex: platforms.count > 1)
    }

    var bases: BaseResolver { bases(rebuilding: false) }

    private func bases(rebuilding: Bool) -> BaseResolver {
        let forAll = configuration.cache.shared.map { BuildEngine(self, on: $0.cache) } ?? self
        return BaseResolver(
            cache: configuration.cache, registries: registries,
            catalog: BaseCatalog(environment: configuration.environment),
            maker: DebianBaseMaker(cache: forAll.configuration.cache, events: events, rebuilds: rebuilding) {
                try await forAll.install($0, on: $1)
            },
            pulls: configuration.pulls || rebuilding, events: events)
    }

    /// An image with wheels on top of a base, as a build of requirements alone.
    private func install(_ requirements: [String], on base: BaseImage) async throws -> Image {
        let directory = try FileSystem.makeTemporaryDirectory(prefix: configuration.cache.root.appending("base-"))
        defer { try? FileSystem.removeTree(directory) }
        let manifest = directory.appending("requirements.txt")
        try FileSystem.write(requirements.map { "\($0)\n" }.joined().utf8, to: manifest)
        let step = Step.python(PythonStep(manifests: [manifest.string]))
        let spec = BuildSpec(stages: [Stage(base: .catalog(base.name), steps: [step])])
        var draft = PlanDraft(base: base, timestamp: .reproducible)
        let library = library(of: spec, platform: base.configuration.platform)
        try await planner(of: step, of: spec, from: library).plan(into: &draft)
        let build = PlannedBuild(plan: try plan(draft, annotations: [:]), draft: draft)
        return try await realise(build, known: knownImage(build), pushes: []).image
    }

    private var supply: WheelSupply {
        WheelSupply(cache: configuration.cache, wheels: wheels, events: events)
    }

    var resolver: Resolver {
        Resolver(
            environment: configuration.environment, records: configuration.cache.records,
            cache: configuration.cache.root, hasher: wheels,
            builder: SourceBuilder(
                fetcher: wheels, store: configuration.cache.content, records: configuration.cache.records,
                cache: configuration.cache.root, tell: { [events] in events.emit($0) }),
            lent: LentVariables(configuration.secrets), keyring: keyring)
    }
}

/// A plan with what it was made from.
struct PlannedBuild {
    let plan: BuildPlan
    let draft: PlanDraft
    /// How many bytes a layer of it may have.
    var layerLimit: Int64?
}
