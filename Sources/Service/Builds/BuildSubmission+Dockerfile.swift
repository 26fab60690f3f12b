public import Diagnostics
public import Dockerfile
public import OCI
public import Spec
import Transfer

extension BuildSubmission {
    /// What a Dockerfile says, as a submission; and what its URLs hold of users and passwords, which a submission does not.
    /// - Parameters:
    ///   - context: the context's digest, where it is known.
    ///   - ignoreFile: the text of its ignore file.
    /// - Throws: `ServiceError` (`invalid_request`) for a base that the service cannot reach.
    public static func lowered(
        _ dockerfile: LoweredDockerfile, context: Digest? = nil, ignoreFile: String? = nil
    ) throws(ServiceError) -> (submission: BuildSubmission, secrets: BuildSecrets) {
        guard let base = Base(dockerfile.base) else {
            throw ServiceError(.invalidRequest, "the base of the Dockerfile is no name of an image")
        }
        var submission = BuildSubmission(base: base)
        submission.context = context
        var changes = Changes(
            ignoreFile: ignoreFile, stages: dockerfile.stages, environments: dockerfile.environments,
            instructions: dockerfile.instructions)
        var logins = LoginCollection()
        changes.replaceURLs { logins.take(from: $0) }
        if changes != Changes(ignoreFile: ignoreFile, instructions: []) { submission.changes = changes }
        submission.platforms = dockerfile.platform.map { [$0] } ?? []
        submission.execution = Execution(dockerfile.configuration)
        return (submission, BuildSecrets(indexes: logins.logins))
    }

    /// The requirement manifests, those of a Dockerfile's installations, too: paths in the context.
    public var manifests: [String] {
        (requirements + (changes?.allInstallations.flatMap(\.files) ?? [])).reduce(into: []) { all, path in
            if !all.contains(path) { all.append(path) }
        }
    }

    /// The images of registries that it starts from, or takes files from.
    public var references: [Reference] {
        var sources = (changes?.stages ?? []).map(\.base)
        for case .copy(let copy) in changes?.allInstructions.flatMap(\.changes) ?? [] {
            if case .image(let source) = copy.origin { sources.append(source) }
        }
        var references: [Reference] = if case .reference(let reference) = base { [reference] } else { [] }
        for case .registry(let reference) in sources where !references.contains(reference) {
            references.append(reference)
        }
        return references
    }
}

extension BuildSubmission.Base {
    /// What a build starts from in a submission's terms; nil for what only lies on a disk.
    init?(_ source: BaseSource) {
        switch source {
        case .catalog(let name): self = .catalog(name)
        case .registry(let reference): self = .reference(reference)
        case .scratch: self = .scratch
        case .layout, .archive: return nil
        }
    }
}

extension BuildSubmission.Execution {
    /// What a container starts with, by the step that sets it.
    public init(_ step: ConfigurationStep) {
        self.init(
            environment: Dictionary(step.environment.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
            entrypoint: step.entrypoint, command: step.command, user: step.user,
            workingDirectory: step.workingDirectory, labels: step.labels, ports: step.exposedPorts,
            further: step.further)
    }
}

extension BuildSubmission.Changes {
    /// The instructions of all stages.
    var allInstructions: [FileInstruction] { stages.flatMap(\.instructions) + instructions }

    /// The installations of all stages.
    var allInstallations: [LoweredDockerfile.Installation] {
        (stages.flatMap(\.environments) + environments).flatMap(\.installations)
    }

    /// Puts other URLs in the place of those of the indexes.
    mutating func replaceURLs(_ replacement: (String) -> String) {
        for stage in stages.indices {
            for number in stages[stage].environments.indices {
                stages[stage].environments[number].replaceURLs(replacement)
            }
        }
        for number in environments.indices { environments[number].replaceURLs(replacement) }
    }
}

extension LoweredDockerfile.Packages {
    fileprivate mutating func replaceURLs(_ replacement: (String) -> String) {
        for number in installations.indices {
            installations[number].indexes = installations[number].indexes.replacingURLs(replacement)
        }
    }
}

extension BuildSubmission.Indexes {
    /// The same in the engine's terms.
    var packageIndexes: PackageIndexes {
        PackageIndexes(
            indexURL: indexURL, extraIndexURLs: extraIndexURLs, findLinks: findLinks, excludeNewer: excludeNewer)
    }
}

extension PackageIndexes {
    /// With other URLs in the place of its own.
    func replacingURLs(_ replacement: (String) -> String) -> PackageIndexes {
        PackageIndexes(
            indexURL: indexURL.map(replacement), extraIndexURLs: extraIndexURLs.map(replacement),
            findLinks: findLinks.map { $0.contains("://") ? replacement($0) : $0 }, excludeNewer: excludeNewer)
    }
}
