import Build
public import Diagnostics
import Dockerfile
import Interface
import OCI
public import Registry
public import Service
public import Spec
import SystemPackage
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
        let ignored = inputs.context.usesReserved ? inputs.context.reserved : nil
        var build: BuildSubmission
        var logins = LoginCollection()
        if let dockerfile = request.dockerfile {
            // The server's own files in the context are no business of a COPY's.
            let rules = (dockerfile.ignoreFile ?? "") + (ignored.map { "\n\($0)\n" } ?? "")
            do {
                let (submission, secrets) = try BuildSubmission.lowered(
                    dockerfile.lowered, ignoreFile: rules.isEmpty ? nil : rules)
                build = submission
                logins.add(secrets.indexes)
            } catch {
                throw ClientError(.notOnServer, error.message, hints: error.hints)
            }
        } else {
            build = BuildSubmission(base: inputs.base)
            build.execution = .init(parts.configuration)
        }
        if let files = parts.files {
            build.codeDestination = files.destination
            build.excluded = files.excluded + [ignored].compactMap(\.self)
        }
        build.requirements = inputs.manifests
        build.selection = parts.python?.selection ?? PackageSelection()
        build.lock = inputs.lock
        if let indexes = parts.python?.indexes {
            build.indexes = .init(
                indexURL: indexes.indexURL.map { logins.take(from: $0) },
                extraIndexURLs: indexes.extraIndexURLs.map { logins.take(from: $0) },
                findLinks: inputs.findLinks.map { logins.take(from: $0) }, excludeNewer: indexes.excludeNewer)
        }
        build.upgrades = parts.python?.upgrade ?? false
        build.allowsSourceBuilds = parts.python?.allowsSourceBuilds ?? true
        build.compilesBytecode = parts.python?.compilesBytecode ?? false
        build.platforms = request.spec.platforms
        build.annotations = request.spec.annotations
        if request.spec.timestamp != .reproducible { build.sourceDateEpoch = request.spec.timestamp.seconds }
        build.layerLimit = request.spec.layerLimit
        build.pushes = request.outputs.contains(.registry)
        build.exports = request.outputs.contains { $0 != .registry }
        // A name says where to push, or what the kept image is called.
        build.tags = build.pushes || build.exports ? request.tags : []
        build.usesCache = request.usesCache
        build.pulls = request.pulls
        self.build = build
        secrets = BuildSecrets(
            indexes: logins.logins,
            // Those that stand in indexes went there as logins.
            named: try BuildSecrets.named(request.secrets.without(request.usedSecrets.subtracting(inputs.secrets))))
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

    /// What the caller has for the registries that a build speaks to: those of its tags where it pushes, and of the images
    /// that it is made from. What is a single repository's is lent for that alone.
    public static func registries(
        of build: BuildSubmission, from credentials: any CredentialSource
    ) async throws -> [Login] {
        var names = build.pushes ? build.tags : []
        names += build.references
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

/// The parts of a request, each where a submission has it. What a Dockerfile says is not among them, but for its base and
/// what it reads of the context.
struct RequestParts {
    let base: BaseSource
    /// What is installed; beside a Dockerfile what holds for all that it installs.
    let python: PythonStep?
    let files: FilesStep?
    /// Which files of the context a Dockerfile may copy; nil where it copies none.
    let changes: ChangesStep?
    let configuration: ConfigurationStep

    /// - Throws: `ClientError` (`not_on_server`) for a spec of another shape.
    init(_ request: BuildRequest) throws(ClientError) {
        if let dockerfile = request.dockerfile {
            base = dockerfile.lowered.base
            python = dockerfile.lowered.allEnvironments.isEmpty ? nil : dockerfile.given
            files = nil
            changes =
                dockerfile.lowered.readsContext
                ? ChangesStep(
                    source: request.context.string, ignoreFile: dockerfile.ignoreFile, instructions: []) : nil
            configuration = dockerfile.lowered.configuration
            return
        }
        guard let stage = request.spec.stages.first, request.spec.stages.count == 1 else {
            throw ClientError(
                .notOnServer, "a server builds several stages of a Dockerfile alone, not \(request.spec.stages.count)")
        }
        var (python, files, configuration): (PythonStep?, FilesStep?, ConfigurationStep?)
        for step in stage.steps {
            switch step {
            case .python(let step): python = step
            case .files(let step): files = step
            case .changes: throw ClientError(.notOnServer, "a server changes files by the lines of a Dockerfile alone")
            case .configuration(let step): configuration = step
            }
        }
        base = stage.base
        changes = nil
        self.python = python
        self.files = files
        self.configuration = configuration ?? ConfigurationStep()
    }
}
