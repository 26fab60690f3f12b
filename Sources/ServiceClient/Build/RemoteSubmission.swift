import Build
public import Diagnostics
import Dockerfile
import Interface
import OCI
public import Registry
public import Service
public import Spec
import Transfer

/// What a request on this machine comes to on a server.
struct RemoteSubmission {
    /// The build, but for its context's digest.
    var build: BuildSubmission
    /// What the caller lends to it.
    var secrets: BuildSecrets

    /// - Parameters:
    ///   - inputs: where its files are in the context.
    /// - Throws: `ClientError` (`not_on_server`) for a secret that is no text.
    init(_ request: BuildRequest, _ parts: RequestParts, inputs: RemoteInputs) throws(ClientError) {
        var build = BuildSubmission(base: inputs.base)
        if let files = parts.files {
            build.codeDestination = files.destination
            build.excluded = files.excluded + (inputs.context.usesReserved ? [inputs.context.reserved] : [])
        }
        if let changes = parts.changes {
            // The server's own files in the context are no business of a COPY's.
            let ignored = inputs.context.usesReserved ? "\n\(inputs.context.reserved)\n" : ""
            let rules = (changes.ignoreFile ?? "") + ignored
            build.changes = .init(
                ignoreFile: rules.isEmpty ? changes.ignoreFile : rules, instructions: changes.instructions)
        }
        build.requirements = inputs.manifests + (request.dockerfile?.packages?.requirementsFiles ?? [])
        build.packages = request.dockerfile?.packages?.requirements ?? []
        build.selection = parts.python?.selection ?? PackageSelection()
        build.lock = inputs.lock
        var logins: [BuildSecrets.Login] = []
        func withoutLogin(_ url: String) -> String { Self.withoutLogin(url, collecting: &logins) }
        if let indexes = parts.python?.indexes {
            build.indexes = .init(
                indexURL: indexes.indexURL.map(withoutLogin),
                extraIndexURLs: indexes.extraIndexURLs.map(withoutLogin),
                findLinks: inputs.findLinks.map { $0.contains("://") ? withoutLogin($0) : $0 },
                excludeNewer: indexes.excludeNewer)
        }
        build.upgrades = parts.python?.upgrade ?? false
        build.allowsSourceBuilds = parts.python?.allowsSourceBuilds ?? true
        build.compilesBytecode = parts.python?.compilesBytecode ?? false
        build.platforms = request.spec.platforms
        build.annotations = request.spec.annotations
        if request.spec.timestamp != .reproducible { build.sourceDateEpoch = request.spec.timestamp.seconds }
        build.layerLimit = request.spec.layerLimit
        let configuration = parts.configuration
        build.execution = .init(
            environment: Dictionary(configuration.environment.map { ($0.name, $0.value) }) { $1 },
            entrypoint: configuration.entrypoint, command: configuration.command, user: configuration.user,
            workingDirectory: configuration.workingDirectory, labels: configuration.labels,
            ports: configuration.exposedPorts, further: configuration.further)
        build.pushes = request.outputs.contains(.registry)
        build.exports = request.outputs.contains { $0 != .registry }
        // A name says where to push, or what the kept image is called.
        build.tags = build.pushes || build.exports ? request.tags : []
        build.usesCache = request.usesCache
        build.pulls = request.pulls
        self.build = build
        secrets = BuildSecrets(
            indexes: logins,
            // Those that stand in indexes went there as logins.
            named: try BuildSecrets.named(request.secrets.without(request.usedSecrets.subtracting(inputs.secrets))))
    }

    /// A URL without user and password, which go beside the build and are kept apart.
    private static func withoutLogin(_ text: String, collecting logins: inout [BuildSecrets.Login]) -> String {
        // What cannot be read is the server's to refuse.
        guard let url = try? HTTPURL(text), let user = url.userInformation else { return text }
        let scope = "\(url.host):\(url.port)"
        if !logins.contains(where: { $0.scope == scope }) {
            logins.append(.init(scope: scope, username: user.user, password: user.password))
        }
        return url.text
    }
}

extension BuildSecrets {
    /// Secrets by their ids, as a server takes them.
    /// - Throws: `ClientError` (`not_on_server`) for one that is no text.
    public static func named(_ secrets: SecretSet) throws(ClientError) -> [Named] {
        var named: [Named] = []
        for id in secrets.ids {
            guard let text = secrets.text(id) else {
                throw ClientError(.notOnServer, "the secret '\(id)' is no text, and a server takes nothing else")
            }
            named.append(Named(id: id, value: text))
        }
        return named
    }

    /// What the caller has for the registries that a build speaks to: those of its tags where it pushes, and its
    /// base's. What is a single repository's is lent for that alone.
    public static func registries(
        of build: BuildSubmission, from credentials: any CredentialSource
    ) async throws -> [Login] {
        var names = build.pushes ? build.tags : []
        if case .reference(let reference) = build.base { names.append(reference) }
        var logins: [Login] = []
        for name in names {
            let whole = try await credentials.credential(for: name.registry)
            let own = try await credentials.credential(for: name.registry, repository: name.repository)
            let scope = own == whole ? name.registry : "\(name.registry)/\(name.repository)"
            guard let own, !logins.contains(where: { $0.scope == scope }) else { continue }
            logins.append(.init(scope: scope, username: own.user, password: own.password.reveal()))
        }
        return logins
    }
}

/// The steps of a request, each where a submission has it.
struct RequestParts {
    let base: BaseSource
    let python: PythonStep?
    let files: FilesStep?
    let changes: ChangesStep?
    let configuration: ConfigurationStep

    /// - Throws: `ClientError` (`not_on_server`) for a spec of another shape.
    init(_ spec: BuildSpec) throws(ClientError) {
        var (python, files, configuration): (PythonStep?, FilesStep?, ConfigurationStep?)
        var changes: ChangesStep?
        for step in spec.stages.first?.steps ?? [] {
            switch step {
            case .python(let step): python = step
            case .files(let step): files = step
            case .changes(let step): changes = step
            case .configuration(let step): configuration = step
            }
        }
        guard let stage = spec.stages.first, spec.stages.count == 1 else {
            throw ClientError(.notOnServer, "a server builds one stage, not \(spec.stages.count)")
        }
        base = stage.base
        self.python = python
        self.files = files
        self.changes = changes
        self.configuration = configuration ?? ConfigurationStep()
    }
}
