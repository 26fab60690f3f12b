import Build
import Content
import Diagnostics
public import Dockerfile
import Interface
public import OCI
import Spec

/// A build by a Dockerfile of the context.
public struct DockerfileBuild: Sendable, Hashable {
    /// The context's digest.
    public var context: Digest
    /// The Dockerfile's path in the context.
    public var dockerfile: String
    /// What the client gives to `ARG`s.
    public var arguments: [String: String]
    /// The stage to build; nil means the last one.
    public var target: String?
    /// What the image is for; nil means the base's own platform.
    public var platform: Platform?
    /// Labels beside those of the Dockerfile.
    public var labels: [String: String]
    /// Whether layers and resolutions of earlier builds are used.
    public var usesCache: Bool
    /// Whether registries are asked again what the base's tag means.
    public var pulls: Bool

    /// Takes the parts.
    public init(
        context: Digest, dockerfile: String = "Dockerfile", arguments: [String: String] = [:], target: String? = nil,
        platform: Platform? = nil, labels: [String: String] = [:], usesCache: Bool = true, pulls: Bool = false
    ) {
        self.context = context
        self.dockerfile = dockerfile
        self.arguments = arguments
        self.target = target
        self.platform = platform
        self.labels = labels
        self.usesCache = usesCache
        self.pulls = pulls
    }
}

extension BuildService {
    /// Accepts a build by a Dockerfile. The image is not pushed: `push` does that.
    /// - Parameter secrets: what the caller lends to the build.
    /// - Returns: the build, and what became of each instruction.
    /// - Throws: `DockerfileError` for what cannot be followed, with the line; `ServiceError`.
    public func submit(
        _ build: DockerfileBuild, secrets: BuildSecrets = BuildSecrets(), project: String, by request: RequestContext
    ) async throws -> (build: BuildRecord, remarks: [LoweringRemark]) {
        let manifest = try await contexts.manifest(of: build.context, project: project)
        let source = ManifestSource(manifest, store: try contexts.store(of: project))
        var lowering = DockerfileLowering(
            try await document(build, manifest, project: project), buildArguments: build.arguments,
            target: build.target, platform: build.platform ?? .host)
        let catalog = BaseCatalog(directories: settings.baseImageDirectories)
        lowering.catalogNames = Set(try await blocking { try catalog.names() })
        lowering.contextEntry = { path in
            switch source.kind(of: path) {
            case .directory: .directory
            case .some: .file
            case nil: nil
            }
        }
        let base = try lowering.base()
        if case .registry(let reference) = base.source {
            try await refuseUnpushed(reference, project: project)
            let documents = try await self.documents(
                of: reference, platform: base.platform ?? build.platform, secrets: secrets, pulls: build.pulls,
                project: project)
            lowering.baseConfiguration = documents.configuration.config ?? .init()
        }
        // Docker's clients lend secrets to BuildKit alone.
        let lowered = try LentDockerfile(
            try lowering.lowered(), lent: SecretSet(), name: lowering.dockerfile.name
        ).dockerfile
        var (submission, found) = try BuildSubmission.lowered(
            lowered, context: build.context,
            ignoreFile: try await ignoreFile(of: build, manifest, project: project))
        if submission.platforms.isEmpty, let platform = build.platform { submission.platforms = [platform] }
        submission.execution.labels.merge(build.labels) { $1 }
        submission.usesCache = build.usesCache
        submission.pulls = build.pulls
        found.registries = secrets.registries
        found.indexes += secrets.indexes
        let submitted = try await submit(submission, secrets: found, project: project, by: request)
        return (submitted.build, lowered.remarks)
    }

    /// The rules of a context: those of the Dockerfile alone, or those of all.
    private func ignoreFile(of build: DockerfileBuild, _ manifest: ContextManifest, project: String) async throws
        -> String?
    {
        for path in [Self.path(of: build) + ".dockerignore", ".dockerignore"] {
            guard let entry = manifest.entries.first(where: { $0.path == path }), let digest = entry.digest else {
                continue
            }
            let store = try contexts.store(of: project)
            let bytes = try await blocking { try store.required(digest).readAll(limit: 1 << 20) }
            return String(decoding: bytes, as: UTF8.self)
        }
        return nil
    }

    private static func path(of build: DockerfileBuild) -> String {
        build.dockerfile.hasPrefix("./") ? String(build.dockerfile.dropFirst(2)) : build.dockerfile
    }

    /// The Dockerfile of a context.
    private func document(_ build: DockerfileBuild, _ manifest: ContextManifest, project: String) async throws
        -> DockerfileDocument
    {
        let path = Self.path(of: build)
        guard let entry = manifest.entries.first(where: { $0.path == path }), let digest = entry.digest else {
            throw ServiceError(
                .invalidRequest, "the context holds no file '\(path)'",
                hints: ["name the Dockerfile by its path in the context"])
        }
        guard entry.size <= 1 << 20 else {
            throw ServiceError(.tooLarge, "the Dockerfile '\(path)' is longer than 1 MiB")
        }
        let store = try contexts.store(of: project)
        let bytes = try await blocking { try store.required(digest).readAll(limit: 1 << 20) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ServiceError(.invalidRequest, "the Dockerfile '\(path)' is not UTF-8")
        }
        return try DockerfileDocument(text, name: path)
    }

    /// Refuses a base that has its name from a build of this project and was never pushed: the registry of that name has
    /// another image, or somebody else may put one there.
    private func refuseUnpushed(_ reference: Reference, project: String) async throws {
        guard
            let image = try await namedImages(project: project).first(where: { image in
                !image.build.isEmpty && image.names.contains { $0.tagged == reference.tagged }
            }), reference.digest == nil
        else { return }
        guard try await pushedReferences(of: image, project: project).isEmpty else { return }
        throw ServiceError(
            .invalidRequest, "the base '\(reference)' was built here and lies in no registry",
            hints: ["push it first: builds start from images of registries"])
    }

    /// The documents of an image in a registry, which the project's policy allows as a base.
    /// - Parameters:
    ///   - secrets: what the caller lends.
    ///   - pulls: whether the registry is asked although the name's meaning is known.
    public func documents(
        of reference: Reference, platform: Platform? = nil, secrets: BuildSecrets = BuildSecrets(), pulls: Bool = false,
        project: String
    ) async throws -> ImageDocuments {
        let policy = try await self.project(project).policy
        guard PolicyPattern.allow(policy.bases, reference.name) else {
            throw ServiceError(
                .againstPolicy, "the policy of the project '\(project)' does not allow the base '\(reference.name)'",
                hints: ["it allows \(policy.bases.joined(separator: ", "))"])
        }
        var configuration = BuildEngine.Configuration(
            cache: try cache(of: project), environment: settings.network.merging(["PATH": settings.searchPath]) { $1 })
        configuration.client = client
        configuration.pulls = pulls
        configuration.credentials = try await CredentialBook(store: store, vault: vault)
            .credentials(project: project, lent: secrets)
        let engine = try BuildEngine(configuration, events: BuildEvents { _ in })
        return ImageDocuments(try await engine.image(.registry(reference), platform: platform))
    }
}
