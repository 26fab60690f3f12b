import Build
import Content
import Diagnostics
import OCI
import Python
import Spec
public import SystemPackage

extension BuildRequest {
    /// Makes the request that flags and the context's settings file come to.
    /// - Parameters:
    ///   - context: the directory of the code.
    ///   - flags: what the command line says; it wins over the file.
    /// - Throws: `InterfaceError` with flag, or file and key.
    public init(context: FilePath, flags: Settings, in surroundings: Surroundings) throws {
        try Self.check(context)
        let file = try SettingsFile.discover(in: context)
        let settings = (file?.settings ?? Settings()).overridden(by: flags)
        var maker = RequestMaker(context: context, settings: settings, surroundings: surroundings)
        if let file {
            maker.notice("settings: \(file.path)")
            if let shadowed = file.shadowed {
                maker.warn("[tool.cooperage] of \(shadowed) is passed over, since there is \(file.path)")
            }
        }
        self = try maker.make()
    }

    private static func check(_ context: FilePath) throws {
        guard let status = try FileSystem.status(context) else {
            let isRemote = context.string == "-" || context.string.contains(":/")
            throw InterfaceError(
                .invalidContext, "the context '\(context)' does not exist",
                hints: [isRemote ? "a context is a directory; fetch or unpack it first" : "name a directory"])
        }
        guard status.kind == .directory else {
            throw InterfaceError(
                .invalidContext, "the context '\(context)' is not a directory", hints: ["name the directory it is in"])
        }
    }
}

/// Reads settings, one after the other.
private struct RequestMaker {
    let context: FilePath
    let settings: Settings
    let surroundings: Surroundings
    private var remarks: [BuildEvent] = []

    init(context: FilePath, settings: Settings, surroundings: Surroundings) {
        self.context = context
        self.settings = settings
        self.surroundings = surroundings
    }

    mutating func notice(_ text: String) { remarks.append(.notice(text)) }
    mutating func warn(_ text: String) { remarks.append(.warning(text)) }

    mutating func make() throws -> BuildRequest {
        let base = try base()
        let outputs = try outputs()
        let platforms = try platforms()
        try check(outputs.outputs, tags: outputs.tags, platforms: platforms)
        let directory = try workingDirectory()
        let manifests = try manifests()
        let configuration = try configuration(directory)
        var annotations: [String: String] = [:]
        for given in settings.annotations {
            let (name, value) = try given.read(annotation)
            annotations[name] = value
        }
        var steps: [Step] = []
        if !manifests.isEmpty { steps.append(.python(pythonStep(manifests))) }
        steps.append(
            .files(
                FilesStep(source: context.string, destination: directory, excluded: excluded(outputs.outputs))))
        steps.append(.configuration(configuration))
        let spec = BuildSpec(
            stages: [Stage(base: base, steps: steps)], platforms: platforms, annotations: annotations,
            timestamp: try Timestamp(environment: surroundings.environment))
        return BuildRequest(
            spec: spec, tags: outputs.tags, outputs: outputs.outputs, staysInCache: outputs.staysInCache,
            usesCache: settings.ignoresCache?.value != true, pulls: settings.pulls?.value == true,
            metadataFile: settings.metadataFile.map { $0.origin.path($0.value) },
            imageIDFile: settings.imageIDFile.map { $0.origin.path($0.value) }, remarks: remarks)
    }

    // MARK: The image

    private mutating func base() throws -> BaseSource {
        guard let given = settings.base else {
            notice("base: \(BuildRequest.defaultBase), since none is given")
            return .catalog(BuildRequest.defaultBase)
        }
        let source = try given.read { try BaseSource(named: $0, path: given.origin.path) }
        if case .catalog(let name) = source, !surroundings.buildsOnServer { try check(name, given) }
        return source
    }

    /// Looks a name up, although the engine does so, too: here it is known where the name stands.
    private func check(_ name: String, _ given: Given<String>) throws {
        let catalog = BaseCatalog(environment: surroundings.environment)
        guard try !catalog.names().contains(name) else { return }
        do {
            _ = try catalog.definition(named: name)
        } catch {
            let isDirectory = try FileSystem.status(given.origin.path(name))?.kind == .directory
            let hints = isDirectory ? ["the directory of that name is written ./\(name)"] : []
            throw BaseImageError(error.code, error.message, context: given.origin.place, hints: hints + error.hints)
        }
    }

    private func platforms() throws -> [Platform] {
        var platforms: [Platform] = []
        for given in settings.platforms {
            for text in given.value.split(separator: ",", omittingEmptySubsequences: false) {
                let platform = try given.origin.locating { try Platform(text.filter { !$0.isWhitespace }) }
                if !platforms.contains(platform) { platforms.append(platform) }
            }
        }
        return platforms
    }

    private func workingDirectory() throws -> String {
        guard let given = settings.workingDirectory else { return BuildRequest.defaultWorkingDirectory }
        guard given.value.hasPrefix("/") else {
            throw given.origin.error(
                "the working directory '\(given.value)' is not absolute", hints: ["start it with a slash"])
        }
        return given.value
    }

    private mutating func configuration(_ directory: String) throws -> ConfigurationStep {
        var step = ConfigurationStep(workingDirectory: directory)
        for given in settings.environment {
            guard let variable = try given.read({ try EnvironmentVariable($0, from: surroundings.environment) }) else {
                warn("\(given.value) is left out: it is given without a value, and the environment here has none")
                continue
            }
            step.environment.removeAll { $0.name == variable.name }
            step.environment.append(variable)
        }
        // The order in which they are given is no part of what is asked for, and none of the image's digest.
        step.environment.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        for given in settings.labels {
            let (name, value) = try given.read { try pair($0, what: "label") }
            step.labels[name] = value
        }
        step.entrypoint = try settings.entrypoint?.read { try $0.words() }
        step.command = try settings.command?.read { try $0.words() }
        step.user = settings.user?.value
        return step
    }

    // MARK: Packages

    private mutating func manifests() throws -> [String] {
        if !settings.requirements.isEmpty { return try settings.requirements.map { try manifest($0).string } }
        guard let manifest = try Manifest.discover(in: context) else {
            notice("requirements: none, since the context has none of the usual files; name one by -r")
            return []
        }
        notice("requirements: \(manifest.path)")
        return [manifest.path.string]
    }

    /// A manifest of the command line is looked for as pip does, then in the context.
    private func manifest(_ given: Given<String>) throws -> FilePath {
        let path = given.origin.path(given.value)
        if FileSystem.exists(path) { return path }
        let inContext = context.pushing(path)
        guard case .flag = given.origin, !path.isAbsolute else {
            throw InterfaceError(
                .manifestNotFound, "there is no requirements file '\(path)'", context: given.origin.place)
        }
        if FileSystem.exists(inContext) { return inContext }
        throw InterfaceError(
            .manifestNotFound, "there is no requirements file '\(path)'", context: given.origin.place,
            hints: ["neither '\(path)' nor '\(inContext)' exists"])
    }

    private func pythonStep(_ manifests: [String]) -> PythonStep {
        let indexes = PackageIndexes(
            indexURL: settings.indexURL?.value, extraIndexURLs: settings.extraIndexURLs.map(\.value),
            findLinks: settings.findLinks.map { $0.value.contains("://") ? $0.value : $0.origin.path($0.value).string },
            excludeNewer: settings.excludeNewer?.value)
        return PythonStep(
            manifests: manifests, indexes: indexes,
            lockFile: settings.lockFile.map { $0.origin.path($0.value).string },
            upgrade: settings.upgrades?.value == true,
            allowsSourceBuilds: settings.allowsSourceBuilds?.value ?? true)
    }

    // MARK: Outputs

    private func outputs() throws -> (tags: [Reference], outputs: [BuildOutput], staysInCache: Bool) {
        var tags = try settings.tags.map { given in
            try given.read { text in
                let tag = try Reference(text)
                guard tag.digest == nil else {
                    throw InterfaceError(.invalidFlag, "'\(text)' is a digest's name, which cannot be given")
                }
                return tag
            }
        }
        var outputs: [BuildOutput] = []
        var staysInCache = false
        for given in settings.outputs {
            let specification = try given.read { try OutputSpecification($0, path: given.origin.path) }
            tags += specification.names
            if let output = specification.output {
                if !outputs.contains(output) { outputs.append(output) }
            } else {
                staysInCache = true
            }
        }
        if settings.pushes?.value == true, !outputs.contains(.registry) { outputs.append(.registry) }
        var unique: [Reference] = []
        for tag in tags where !unique.contains(tag) { unique.append(tag) }
        return (unique, outputs, staysInCache)
    }

    private func check(_ outputs: [BuildOutput], tags: [Reference], platforms: [Platform]) throws {
        if outputs.contains(.registry), tags.isEmpty {
            let origin = settings.pushes?.origin ?? settings.outputs.first?.origin ?? .flag("--push")
            throw origin.error(
                "an image without a name cannot be pushed",
                hints: ["name it by --tag, for example -t 127.0.0.1:5000/team/app:1"])
        }
        let hasArchive = outputs.contains { if case .dockerArchive = $0 { true } else { false } }
        if hasArchive, platforms.count > 1 {
            throw (settings.outputs.first?.origin ?? .flag("--output")).error(
                "a docker archive holds one image, not one for each of \(platforms.count) platforms",
                hints: ["build for one --platform, or write a layout by --output type=oci"])
        }
    }

    /// What a build itself writes into its context, so that the next build of it is the same.
    private func excluded(_ outputs: [BuildOutput]) -> [String] {
        var written = outputs.compactMap { output -> FilePath? in
            switch output {
            case .registry: nil
            case .layout(let path), .dockerArchive(let path): path
            }
        }
        written += [settings.metadataFile, settings.imageIDFile].compactMap { $0.map { $0.origin.path($0.value) } }
        written.append(surroundings.cache)
        let root = absolute(context)
        return written.compactMap { path in
            var rest = absolute(path)
            guard rest.removePrefix(root), !rest.isEmpty else { return nil }
            return rest.string.reduce(into: "") { $0 += "*?[]\\!#".contains($1) ? "\\\($1)" : String($1) }
        }
    }

    private func absolute(_ path: FilePath) -> FilePath { surroundings.directory.pushing(path).lexicallyNormalized() }
}
