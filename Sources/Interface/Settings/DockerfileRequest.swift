import Build
import Content
import Diagnostics
public import Dockerfile
import OCI
import Spec
public import SystemPackage

/// A build by a Dockerfile as it was asked for. It is read in two steps, since only the base's configuration tells what some
/// lines mean, and that has to be looked up.
public struct DockerfileRequest: Sendable {
    /// What the Dockerfile's lines mean, for each platform; the bases' configurations are to be set.
    public var lowerings: [DockerfileLowering]
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
        let source = try DockerfileSource(given, context: context, flags: flags, in: surroundings)
        let platforms = try maker.platforms()
        let document = try DockerfileDocument(source.text, name: source.path.string)
        lowerings = (platforms.isEmpty ? [.host] : platforms).map { platform in
            var lowering = DockerfileLowering(
                document, buildArguments: source.buildArguments, target: source.target, platform: platform)
            lowering.catalogNames = source.catalogNames
            lowering.contextEntry = source.contextEntry
            return lowering
        }
        ignoreFile = source.ignoreFile?.text
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
    /// - Parameter scratch: a directory for requirements that stand in the Dockerfile itself; it has to last as long as the
    ///   build.
    public func request(scratch: FilePath) throws -> BuildRequest {
        var requests: [BuildRequest] = []
        var environments: [[[LoweredDockerfile.Packages]]] = []
        for lowering in lowerings {
            var maker = maker
            let lowered = try lowering.lowered()
            if let platform = lowered.platform, lowerings.count > 1 {
                throw InterfaceError(
                    .invalidFlag,
                    "the Dockerfile's base is for '\(platform)' alone, and \(lowerings.count) are asked for",
                    context: [FailureContext("flag", "--platform")],
                    hints: ["leave --platform out of its FROM, or build for one platform"])
            }
            let lent = try LentDockerfile(lowered, lent: maker.secrets, name: lowering.dockerfile.name)
            maker.secrets = lent.secrets
            maker.usedSecrets = lent.used
            // Platforms that ask for the same name the same files.
            let own = [lent.dockerfile.environments] + lent.dockerfile.stages.map(\.environments)
            let number = environments.firstIndex(of: own) ?? environments.count
            if number == environments.count { environments.append(own) }
            let directory = number == 0 ? scratch : scratch.appending(String(number))
            try FileSystem.makeDirectory(directory)
            var request = try maker.make(lent.dockerfile, ignoreFile: ignoreFile, scratch: directory)
            if lowerings.count > 1 { request.spec.platforms = [lowering.platform] }
            requests.append(request)
        }
        return BuildRequest(ofPlatforms: requests)
    }
}

extension BuildRequest {
    /// One request of several, each for a platform of its own. Where they ask for the same, one spec has all platforms.
    fileprivate init(ofPlatforms requests: [BuildRequest]) {
        self = requests[0]
        for request in requests.dropFirst() {
            usedSecrets.formUnion(request.usedSecrets)
            for remark in request.remarks where !remarks.contains(remark) { remarks.append(remark) }
            var other = request.spec
            other.platforms = spec.platforms
            if other != spec { furtherSpecs.append(request.spec) }
        }
        guard furtherSpecs.isEmpty || requests.count == 1 else {
            // The order of the platforms is that of the index.
            furtherSpecs = requests.dropFirst().map(\.spec)
            return
        }
        spec.platforms = requests.flatMap(\.spec.platforms)
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
        let ignored = rules.isEmpty ? nil : rules
        var (spec, requirements) = try lowered.build(
            context: context.string, root: absolute(context).string, ignoreFile: ignored,
            requirementsIn: scratch.string, platforms: results.platforms)
        // A server has its own.
        if !surroundings.buildsOnServer {
            for (path, text) in requirements { try FileSystem.write(text.utf8, to: FilePath(path)) }
        }
        var given = try pythonStep(of: [])
        given.compilesBytecode = try compilesBytecode
        spec.add(toInstallations: given)
        for remark in lowered.remarks { notice(remark.description) }
        return try request(
            spec, results, dockerfile: RequestedDockerfile(lowered: lowered, ignoreFile: ignored, given: given))
    }
}
