import Build
import Content
import Diagnostics
public import Dockerfile
public import OCI
import Spec
public import SystemPackage

/// A build by a Dockerfile as it was asked for. It is read in two steps, since only the base's configuration tells what some
/// lines mean, and that has to be looked up.
public struct DockerfileRequest: Sendable {
    /// What the Dockerfile's lines mean; the base's configuration is to be set.
    public var lowering: DockerfileLowering
    private var maker: RequestMaker
    private let ignoreFile: String?

    /// Reads the Dockerfile that the flags name; nil where they name none.
    /// - Throws: `InterfaceError` for flags that do not go with it, `DockerfileError` with line and column.
    public init?(context: FilePath, flags: Settings, in surroundings: Surroundings) throws {
        guard let given = flags.dockerfile else {
            if let first = flags.buildArguments.first ?? flags.target {
                throw first.origin.error(
                    "it is of a Dockerfile, and none is named", hints: ["name one by -f, as in -f Dockerfile"])
            }
            return nil
        }
        try Self.refuse(flags)
        var own = flags
        own.dockerfile = nil
        // The context's settings file is for builds without a Dockerfile.
        maker = try RequestMaker(context: context, settings: own, in: surroundings)
        let path = given.origin.path(given.value)
        guard try FileSystem.status(path)?.kind == .file else {
            throw given.origin.error("there is no file '\(path)'", hints: ["name the Dockerfile's own path"])
        }
        guard let text = String(validating: try FileSystem.read(path, limit: 1 << 20), as: UTF8.self) else {
            throw given.origin.error("'\(path)' is not UTF-8")
        }
        let platforms = try maker.platforms()
        guard platforms.count <= 1 else {
            throw InterfaceError(
                .invalidFlag, "a Dockerfile is built for one platform at a time, not for \(platforms.count)",
                context: [FailureContext("flag", "--platform")])
        }
        var arguments: [String: String] = [:]
        for given in flags.buildArguments {
            let variable = try given.read { try EnvironmentVariable($0, from: surroundings.environment) }
            if let variable { arguments[variable.name] = variable.value }
        }
        lowering = DockerfileLowering(
            try DockerfileDocument(text, name: path.string), buildArguments: arguments, target: flags.target?.value,
            platform: platforms.first ?? .host)
        lowering.catalogNames = Set(try BaseCatalog(environment: surroundings.environment).names())
        let root = context
        lowering.contextEntry = { path in
            // What cannot be looked at is not there; the build says why.
            switch (try? FileSystem.status(root.appending(path), followingLinks: true))?.kind {
            case .directory: .directory
            case nil: nil
            default: .file
            }
        }
        ignoreFile = try Self.ignoreFile(of: path, in: context)
    }

    /// The rules of the Dockerfile alone, or those of the context.
    private static func ignoreFile(of dockerfile: FilePath, in context: FilePath) throws -> String? {
        for path in [FilePath(dockerfile.string + ".dockerignore"), context.appending(".dockerignore")] {
            guard FileSystem.exists(path) else { continue }
            return String(decoding: try FileSystem.read(path, limit: 1 << 20), as: UTF8.self)
        }
        return nil
    }

    /// What a Dockerfile says itself cannot be said beside it.
    private static func refuse(_ flags: Settings) throws {
        let said: [Origin?] = [
            flags.base?.origin, flags.requirements.first?.origin, flags.groups.first?.origin,
            flags.extras.first?.origin, flags.allExtras?.origin, flags.environment.first?.origin,
            flags.entrypoint?.origin, flags.command?.origin, flags.user?.origin, flags.workingDirectory?.origin,
            flags.code?.origin, flags.codeRoot?.origin, flags.lockFile?.origin, flags.locked?.origin,
        ]
        guard let origin = said.compactMap(\.self).first else { return }
        throw origin.error(
            "a Dockerfile says this itself", hints: ["write it into the Dockerfile, or leave out -f"])
    }

    /// The build that the lines come to.
    /// - Parameters:
    ///   - configuration: what the base starts with; nil where it is not known.
    ///   - scratch: a directory for requirements that stand in the Dockerfile itself; it has to last as long as the build.
    public func request(base configuration: ImageConfiguration.Execution?, scratch: FilePath) throws -> BuildRequest {
        var lowering = lowering
        lowering.baseConfiguration = configuration
        var maker = maker
        return try maker.make(try lowering.lowered(), ignoreFile: ignoreFile, scratch: scratch)
    }
}

extension RequestMaker {
    fileprivate mutating func make(
        _ dockerfile: LoweredDockerfile, ignoreFile: String?, scratch: FilePath
    ) throws -> BuildRequest {
        let results = try results()
        var lowered = dockerfile
        lowered.configuration.labels.merge(try labels()) { $1 }
        let rules = ([ignoreFile].compactMap(\.self) + written(results)).joined(separator: "\n")
        let root = absolute(context)
        func write(_ environments: [LoweredDockerfile.Packages], to file: FilePath) throws {
            let texts = LoweredDockerfile.requirementsTexts(
                of: environments, file: file.string, context: root.string)
            for (path, text) in texts {
                try FileSystem.write(text.utf8, to: FilePath(path))
            }
        }
        let requirements = scratch.appending("requirements.txt")
        if !surroundings.buildsOnServer { try write(lowered.environments, to: requirements) }
        var stageRequirements: [String: String] = [:]
        for (number, stage) in lowered.stages.enumerated() {
            let file = scratch.appending("stage-\(number).txt")
            try write(stage.environments, to: file)
            stageRequirements[stage.name] = file.string
        }
        var local = lowered
        // On a server they are found in the context that was sent.
        if surroundings.buildsOnServer {
            try lowered.refuseFurtherEnvironments()
            local = lowered.withoutRequirements
        }
        var spec = try local.buildSpec(
            context: context.string, ignoreFile: rules.isEmpty ? nil : rules, requirementsFile: requirements.string,
            stageRequirementsFiles: stageRequirements, platforms: results.platforms)
        let given = try pythonStep(of: [])
        for stage in spec.stages.indices {
            for number in spec.stages[stage].steps.indices {
                guard case .python(var step) = spec.stages[stage].steps[number] else { continue }
                step.add(given)
                for part in (step.parts ?? []).indices { step.parts?[part].add(given) }
                // Whoever asks for it here wants it in any case.
                if try compilesBytecode {
                    step.compilesBytecode = true
                    step.options?.hasOptionalBytecode = false
                } else if surroundings.buildsOnServer {
                    step.compilesBytecode = false
                }
                spec.stages[stage].steps[number] = .python(step)
            }
        }
        for remark in lowered.remarks { notice(remark.description) }
        return try request(spec, results, dockerfile: lowered)
    }
}

extension PythonStep {
    /// Adds what the command line says beside the Dockerfile.
    fileprivate mutating func add(_ given: PythonStep) {
        indexes.indexURL = indexes.indexURL ?? given.indexes.indexURL
        indexes.extraIndexURLs += given.indexes.extraIndexURLs
        indexes.findLinks += given.indexes.findLinks
        indexes.excludeNewer = given.indexes.excludeNewer
        upgrade = given.upgrade
        allowsSourceBuilds = given.allowsSourceBuilds
    }
}
