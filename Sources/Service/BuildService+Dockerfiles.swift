import Build
import Content
import Diagnostics
public import Dockerfile
import Interface
public import OCI
import Registry
import Spec
import Transfer

extension BuildService {
    /// Accepts a build by a Dockerfile.
    /// - Parameters:
    ///   - secrets: what the caller lends to the build.
    ///   - idempotencyKey: the client's own name for the request.
    /// - Returns: the build, and what became of each instruction.
    /// - Throws: `DockerfileError` for what cannot be followed, with the line; `ServiceError`.
    public func submit(
        _ build: DockerfileBuild, secrets: BuildSecrets = BuildSecrets(), idempotencyKey: String? = nil,
        project: String, by request: RequestContext
    ) async throws -> (submitted: SubmittedBuild, remarks: [LoweringRemark]) {
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
        let settings = settings
        lowering.standIn = { reference in
            switch settings.standIn(for: reference) {
            case .catalog(let name): .catalog(name)
            case .reference(let reference): .registry(reference)
            case .scratch: .scratch
            case .layout, nil: nil
            }
        }
        func configuration(
            of base: BaseSource, _ platform: Platform?
        ) async throws -> ImageConfiguration.Execution? {
            switch base {
            case .registry(let reference):
                try await refuseUnpushed(reference, project: project)
                return try await self.configuration(
                    of: reference, platform: platform ?? build.platform, secrets: secrets, pulls: build.pulls,
                    project: project)
            case .catalog(let name):
                let definition = try await blocking { try catalog.definition(named: name) }
                guard case .image(let reference) = definition.source else { return try definition.execution() }
                // Who allows the entry allows what it is.
                return try await self.configuration(
                    of: reference, platform: platform ?? build.platform, secrets: secrets, pulls: build.pulls,
                    project: project, isOfCatalog: true)
            case .layout, .archive, .scratch: return nil
            }
        }
        let base = try lowering.base()
        lowering.baseConfiguration = try await configuration(of: base.source, base.platform)
        for other in try lowering.otherBases() {
            lowering.otherConfigurations[other] = try await configuration(of: other.source, other.platform)
        }
        let named = Dictionary(secrets.named.map { ($0.id, Array($0.value.utf8)) }, uniquingKeysWith: { $1 })
        let lent = try LentDockerfile(
            try lowering.lowered(), lent: SecretSet(named), name: lowering.dockerfile.name)
        let lowered = lent.dockerfile
        var (submission, found) = try BuildSubmission.lowered(
            lowered, context: build.context,
            ignoreFile: try await ignoreFile(of: build, manifest, project: project))
        if submission.platforms.isEmpty, let platform = build.platform { submission.platforms = [platform] }
        submission.execution.labels.merge(build.labels) { $1 }
        submission.add(build.indexes)
        submission.annotations = build.annotations
        submission.usesCache = build.usesCache
        submission.pulls = build.pulls
        submission.compilesBytecode = build.compilesBytecode
        submission.layerLimit = build.layerLimit
        submission.tags = build.tags
        submission.pushes = build.pushes
        submission.exports = build.exports
        found.registries = secrets.registries
        found.indexes += secrets.indexes
        found.named = lent.secrets.ids.compactMap { id in lent.secrets.text(id).map { .init(id: id, value: $0) } }
        let submitted = try await submit(
            submission, secrets: found, idempotencyKey: idempotencyKey, project: project, by: request)
        return (submitted, lowered.remarks)
    }

    /// What an image of a registry starts with.
    /// - Throws: `ServiceError` (`base_unavailable`) where the registry cannot tell it now. Nothing was accepted yet, so
    ///   that no attempt will tell the caller.
    private func configuration(
        of reference: Reference, platform: Platform?, secrets: BuildSecrets, pulls: Bool, project: String,
        isOfCatalog: Bool = false
    ) async throws -> ImageConfiguration.Execution {
        func unavailable(_ error: any Diagnostic) -> ServiceError {
            ServiceError(
                .baseUnavailable, "the base '\(reference)' cannot be looked up: \(error.message)",
                context: error.context, hints: error.hints, cause: error)
        }
        do {
            if !isOfCatalog { try await checkBase(reference, project: project) }
            let documents = try await lookedUp(
                reference, platform: platform, secrets: secrets, pulls: pulls, project: project)
            return documents.configuration.config ?? .init()
        } catch let error as RegistryError where error.blame == .outside {
            throw unavailable(error)
        } catch let error as TransferError {
            throw unavailable(error)
        }
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
        try await checkBase(reference, project: project)
        return try await lookedUp(
            reference, platform: platform, secrets: secrets, pulls: pulls, project: project)
    }

    private func checkBase(_ reference: Reference, project: String) async throws {
        let policy = try await self.project(project).policy
        guard PolicyPattern.allow(policy.bases, reference.name) else {
            throw ServiceError(
                .againstPolicy, "the policy of the project '\(project)' does not allow the base '\(reference.name)'",
                hints: ["it allows \(policy.bases.joined(separator: ", "))"])
        }
    }

    private func lookedUp(
        _ reference: Reference, platform: Platform?, secrets: BuildSecrets, pulls: Bool, project: String
    ) async throws -> ImageDocuments {
        var configuration = BuildEngine.Configuration(
            cache: try cache(of: project), environment: settings.network.merging(["PATH": settings.searchPath]) { $1 })
        configuration.client = client
        configuration.hosts = settings.hosts
        configuration.pulls = pulls
        configuration.credentials = try await CredentialBook(store: store, vault: vault)
            .credentials(project: project, lent: secrets)
        let engine = try BuildEngine(configuration, events: BuildEvents { _ in })
        return ImageDocuments(try await engine.image(.registry(reference), platform: platform))
    }
}
