import Build
import Content
import Diagnostics
import Images
import Interface
import OCI
import Python
import Spec
import SystemPackage
import Transfer

/// Carries out one attempt at a build with the engine that the command line uses, too.
struct BuildRunner: Sendable {
    let service: BuildService
    let lease: Lease
    private let project: String
    private let submission: BuildSubmission

    init(_ service: BuildService, _ lease: Lease) {
        self.service = service
        self.lease = lease
        project = lease.build.project
        submission = lease.build.submission
    }

    private var settings: ServiceSettings { service.settings }

    /// What the caller lent, and who we are at registries.
    func openSecrets() async throws -> (lent: BuildSecrets, credentials: BuildCredentials) {
        let lent =
            try lease.sealedSecrets.map {
                try service.vault.open(BuildSecrets.self, from: $0, for: BuildSecrets.purpose(project: project))
            } ?? BuildSecrets()
        let book = CredentialBook(store: service.store, vault: service.vault)
        return (lent, try await book.credentials(project: project, lent: lent))
    }

    /// Builds, and hands the image to where it is asked for.
    /// - Parameters:
    ///   - confirm: asked right before a tag is written.
    func run(
        in workspace: BuildWorkspace, lent: BuildSecrets, credentials: BuildCredentials, events: BuildEvents,
        confirm: @escaping @Sendable () async throws -> Void
    ) async throws -> BuildOutcome {
        let policy = try await service.project(project).policy
        // What was allowed when it was accepted may not be any more.
        let source = try await SubmissionCheck(
            submission, project: project, policy: policy, contexts: service.contexts
        ).check()
        var configuration = BuildEngine.Configuration(
            cache: try service.cache(of: project), environment: environment(in: workspace))
        configuration.client = service.client
        configuration.hosts = service.settings.hosts
        configuration.usesCache = submission.usesCache
        configuration.pulls = submission.pulls
        configuration.credentials = credentials
        configuration.secrets = lent.set
        configuration.confirm = { images in
            try checkExpected(images)
            try await confirm()
        }
        let allowsSourceBuilds = policy.allowsSourceBuilds && submission.allowsSourceBuilds
        let tree = try source.map {
            try ContextTree($0, at: workspace.context, links: .inside, copiesAll: allowsSourceBuilds)
        }
        let confinement = ManifestConfinement(root: workspace.context, prepare: { try tree?.write($0) }) { text in
            guard let url = try? HTTPURL(text) else { return false }
            return PolicyPattern.allow(policy.indexes, url.text)
        }
        configuration.confinement = confinement
        configuration.planned = { try keep($0, $1, confinement) }
        configuration.contextSource = { _ in
            guard let source else { throw ServiceError(.invalidRequest, "files are of a context, and none is named") }
            return source
        }
        if let source { configuration.contextFiles = { try ContextFiles(source, excluded: $0.excluded) } }
        if case .layout(let path) = submission.base, let tree {
            try await blocking { try tree.write(FilePath(workspace.path(path))) }
        }
        let spec = try SubmittedSpec(
            submission, workspace: workspace, source: source, lent: lent, allowsSourceBuilds: allowsSourceBuilds
        ).write()
        let engine = try BuildEngine(configuration, events: events)
        var outputs: [BuildOutput] = submission.pushes ? [.registry] : []
        if submission.exports { outputs.append(.layout(workspace.layout)) }
        let result = try await engine.build(spec, tags: submission.tags, outputs: outputs)
        // Where nothing was pushed, nothing was confirmed.
        try checkExpected(result.images)
        try keep(result.images)
        if submission.exports {
            let file = BuildFiles(dataDirectory: settings.dataDirectory, build: lease.build.id).path(.image)
            try await blocking { try LayoutArchive.write(workspace.layout, to: file) }
        }
        let metadata = BuildMetadata(result.images, tags: submission.tags)
        return BuildOutcome(
            descriptor: result.images.root, imageID: metadata.imageID,
            references: result.pushed.isEmpty
                ? [] : digestReferences(metadata.digest, pushed: result.pushed, tags: submission.tags),
            uploadedBytes: result.uploadedBytes)
    }

    // MARK: What the engine is given

    /// What uv and the catalog see: nothing of the server's user, whose settings and passwords are not the project's.
    private func environment(in workspace: BuildWorkspace) -> [String: String] {
        var environment = settings.network
        environment["PATH"] = settings.searchPath
        environment["HOME"] = workspace.home.string
        // The context's configuration of uv must not have a program of the server's run.
        environment[Keyring.Provider.variable] = Keyring.Provider.disabled.rawValue
        environment["COOPERAGE_UV"] = settings.uv?.string
        environment["UV_DEFAULT_INDEX"] = settings.indexURL
        if !settings.extraIndexURLs.isEmpty {
            environment["UV_INDEX"] = settings.extraIndexURLs.joined(separator: " ")
        }
        if !settings.baseImageDirectories.isEmpty {
            environment["COOPERAGE_BASE_IMAGES"] =
                settings.baseImageDirectories.map(\.string).joined(separator: ":")
        }
        return environment
    }

    /// Refuses an image that is not the one that was asked for.
    private func checkExpected(_ images: ImageSet) throws {
        guard let expected = submission.expectedImage else { return }
        let made = BuildMetadata(images, tags: []).imageID
        guard made == expected else {
            throw ServiceError(
                .conflict, "the build comes to the image \(made) now, and no longer to \(expected)",
                hints: ["build it again: packages or the base have changed since, and the cache has let go of it"])
        }
    }

    // MARK: What is handed out

    /// Keeps plans, locks and packages as soon as they are known, so that they are there of a build that fails, too.
    private func keep(_ plans: [BuildPlan], _ locks: [Lock], _ confinement: ManifestConfinement) throws {
        let files = BuildFiles(dataDirectory: settings.dataDirectory, build: lease.build.id)
        var plans = plans
        // A layout of the context is known by its path there.
        if case .layout(let path) = submission.base {
            for number in plans.indices { plans[number].base.name = path }
        }
        try files.write(plans, as: .plan)
        let texts = locks.map {
            PlatformLock(platform: $0.target.platform.description, lock: confinement.relative($0).pylockText)
        }
        try files.write(texts, as: .locks)
        let packages = locks.flatMap { lock in
            lock.packages.map {
                BuiltPackage(name: $0.name, version: $0.version, platform: lock.target.platform.description)
            }
        }
        try files.write(packages, as: .packages)
    }

    /// Keeps the documents of the image.
    private func keep(_ images: ImageSet) throws {
        let files = BuildFiles(dataDirectory: settings.dataDirectory, build: lease.build.id)
        try files.write(images.images.map { ImageDocuments($0) }, as: .documents)
    }
}

extension BuildService {
    /// A project's cache, beside what is everybody's.
    func cache(of project: String) throws -> BuildCache {
        var cache = try BuildCache(ProjectDirectories(settings.dataDirectory, project).cache)
        cache.shared = try SharedCache(
            ProjectDirectories.sharedCache(settings.dataDirectory), publicHosts: settings.publicHosts)
        return cache
    }
}

/// Where what belongs to a project lies.
struct ProjectDirectories: Sendable {
    private let root: FilePath

    init(_ dataDirectory: FilePath, _ project: String) {
        root = Self.all(dataDirectory).appending(project)
    }

    static func all(_ dataDirectory: FilePath) -> FilePath { dataDirectory.appending("projects") }

    /// Its blobs, layers and resolutions.
    var cache: FilePath { root.appending("cache") }

    /// What is everybody's.
    static func sharedCache(_ dataDirectory: FilePath) -> FilePath { dataDirectory.appending("cache") }
}
