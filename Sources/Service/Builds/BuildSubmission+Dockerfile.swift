import Diagnostics
public import Dockerfile
public import OCI
import Spec
import Transfer

extension BuildSubmission {
    /// What a Dockerfile says, as a submission; and what its URLs hold of users and passwords, which a submission does not.
    /// - Parameters:
    ///   - context: the context's digest.
    ///   - ignoreFile: the text of its ignore file.
    /// - Throws: `ServiceError` (`invalid_request`) for a base that the service cannot reach, `DockerfileError` for virtual
    ///   environments.
    public static func lowered(_ dockerfile: LoweredDockerfile, context: Digest, ignoreFile: String? = nil) throws -> (
        submission: BuildSubmission, secrets: BuildSecrets
    ) {
        var secrets = BuildSecrets()
        /// A URL without user and password, which are kept aside.
        func url(_ text: String) -> String {
            guard text.contains("://"), let url = try? HTTPURL(text), let user = url.userInformation else {
                return text
            }
            secrets.indexes.append(
                .init(scope: "\(url.host):\(url.port)", username: user.user, password: user.password))
            return url.text
        }
        let base: Base =
            switch dockerfile.base {
            case .catalog(let name): .catalog(name)
            case .registry(let reference): .reference(reference)
            case .scratch:
                throw ServiceError(
                    .invalidRequest, "a server builds on no empty base yet: 'FROM scratch'",
                    hints: ["build it by the command, without --server"])
            case .layout(let path), .archive(let path):
                throw ServiceError(.invalidRequest, "the base '\(path)' is no name of an image")
            }
        guard dockerfile.stages.isEmpty, !dockerfile.takesFilesFromElsewhere else {
            throw ServiceError(
                .invalidRequest, "the Dockerfile takes files from other stages or images, and a server does not yet",
                hints: ["build it by the command, without --server"])
        }
        var submission = BuildSubmission(base: base)
        submission.context = context
        try dockerfile.refuseFurtherEnvironments()
        if let packages = dockerfile.packages {
            submission.requirements = packages.requirementsFiles
            submission.packages = packages.requirements
            submission.indexes = Indexes(
                indexURL: packages.indexes.indexURL.map(url),
                extraIndexURLs: packages.indexes.extraIndexURLs.map(url),
                findLinks: packages.indexes.findLinks.map(url), excludeNewer: packages.indexes.excludeNewer)
        }
        if !dockerfile.instructions.isEmpty {
            submission.changes = Changes(ignoreFile: ignoreFile, instructions: dockerfile.instructions)
        }
        submission.platforms = dockerfile.platform.map { [$0] } ?? []
        let configuration = dockerfile.configuration
        submission.execution = Execution(
            environment: Dictionary(
                configuration.environment.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 }),
            entrypoint: configuration.entrypoint, command: configuration.command, user: configuration.user,
            workingDirectory: configuration.workingDirectory, labels: configuration.labels,
            ports: configuration.exposedPorts, further: configuration.further)
        return (submission, secrets)
    }
}

extension LoweredDockerfile {
    /// Whether a line copies from a stage or an image.
    fileprivate var takesFilesFromElsewhere: Bool {
        instructions.flatMap(\.changes).contains { if case .copy(let copy) = $0 { copy.origin != nil } else { false } }
    }
}
