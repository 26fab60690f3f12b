import Build
import Content
import Diagnostics
import Dockerfile
import OCI
import Python
import SBOM
import Spec
public import SystemPackage

extension BuildRequest {
    /// Makes the request that flags and the context's settings file come to.
    /// - Parameters:
    ///   - context: the directory of the code.
    ///   - flags: what the command line says; it wins over the file.
    /// - Throws: `InterfaceError` with flag, or file and key.
    public init(context: FilePath, flags: Settings, in surroundings: Surroundings) throws {
        var maker = try RequestMaker(context: context, flags: flags, in: surroundings)
        self = try maker.make()
    }
}

/// Reads settings, one after the other.
struct RequestMaker {
    let context: FilePath
    let settings: Settings
    let surroundings: Surroundings
    private(set) var remarks: [BuildEvent] = []
    var secrets: SecretSet
    var usedSecrets: Set<String> = []

    /// Joins flags and the context's settings file.
    init(context: FilePath, flags: Settings, in surroundings: Surroundings) throws {
        try Self.check(context)
        let file = try SettingsFile.discover(in: context)
        self.context = context
        settings = (file?.settings ?? Settings()).overridden(by: flags)
        self.surroundings = surroundings
        secrets = try SecretSet(settings.secrets, environment: surroundings.environment)
        guard let file else { return }
        notice("settings: \(file.path)")
        if let shadowed = file.shadowed {
            warn("[tool.cooperage] of \(shadowed) is passed over, since there is \(file.path)")
        }
    }

    /// Takes settings as they are; a file of the context is not read.
    init(context: FilePath, settings: Settings, in surroundings: Surroundings) throws {
        try Self.check(context)
        self.context = context
        self.settings = settings
        self.surroundings = surroundings
        secrets = try SecretSet(settings.secrets, environment: surroundings.environment)
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

    mutating func notice(_ text: String) { remarks.append(.notice(text)) }
    mutating func warn(_ text: String) { remarks.append(.warning(text)) }

    mutating func make() throws -> BuildRequest {
        let base = try base()
        let results = try results()
        let directory = try self.directory(settings.workingDirectory, "the working directory")
        let manifests = try manifests()
        let configuration = try configuration(directory ?? BuildRequest.defaultWorkingDirectory)
        var steps: [Step] = []
        if !manifests.isEmpty { steps.append(.python(try pythonStep(manifests))) }
        if let files = try filesStep(in: directory ?? BuildRequest.defaultWorkingDirectory, results) {
            steps.append(.files(files))
        }
        steps.append(.configuration(configuration))
        let spec = BuildSpec(stages: [Stage(base: base, steps: steps)], platforms: results.platforms)
        return try request(spec, results)
    }

    /// What a build makes, and for which platforms.
    struct Results {
        let platforms: [Platform]
        let tags: [Reference]
        let outputs: [BuildOutput]
        let staysInCache: Bool
        let sbom: SBOMRequest?
        let sbomFile: SBOMFile?
    }

    /// What the settings say of the results, as far as they go together.
    func results() throws -> Results {
        let outputs = try outputs()
        let platforms = try platforms()
        try check(outputs.outputs, tags: outputs.tags, platforms: platforms)
        let bills = try bills(outputs.outputs, platforms: platforms)
        return Results(
            platforms: platforms, tags: outputs.tags, outputs: outputs.outputs, staysInCache: outputs.staysInCache,
            sbom: bills.request, sbomFile: bills.file)
    }

    /// The request of a spec, with annotations and time as the settings say.
    func request(_ spec: BuildSpec, _ results: Results, dockerfile: RequestedDockerfile? = nil) throws -> BuildRequest {
        var spec = spec
        for given in settings.annotations {
            let (name, value) = try given.read(annotation)
            spec.annotations[name] = value
        }
        spec.timestamp = try Timestamp(environment: surroundings.environment)
        spec.layerLimit = try settings.layerLimit?.read(Self.layerLimit)
        return BuildRequest(
            context: context, spec: spec, tags: results.tags, outputs: results.outputs,
            staysInCache: results.staysInCache, usesCache: settings.ignoresCache?.value != true,
            pulls: settings.pulls?.value == true, metadataFile: settings.metadataFile.map { $0.origin.path($0.value) },
            imageIDFile: settings.imageIDFile.map { $0.origin.path($0.value) }, sbom: results.sbom,
            sbomFile: results.sbomFile, dockerfile: dockerfile, secrets: secrets, usedSecrets: usedSecrets,
            remarks: remarks)
    }

    private static func layerLimit(_ text: String) throws -> Int64 {
        guard let bytes = parsed(bytes: text) else {
            throw InterfaceError(
                .invalidFlag, "'\(text)' is no size of a layer", hints: ["write it like 500MB, 5GiB or 500000000"])
        }
        guard bytes >= BuildSpec.smallestLayerLimit else {
            throw InterfaceError(
                .invalidFlag, "layers of at most \(bytes) bytes are too small to hold an image",
                hints: ["1MB is the least; registries take layers of some gigabytes"])
        }
        return bytes
    }

    // MARK: The image

    mutating func base() throws -> BaseSource {
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

    func platforms() throws -> [Platform] {
        var platforms: [Platform] = []
        for given in settings.platforms {
            for text in given.value.split(separator: ",", omittingEmptySubsequences: false) {
                let platform = try given.origin.locating { try Platform(text.filter { !$0.isWhitespace }) }
                if !platforms.contains(platform) { platforms.append(platform) }
            }
        }
        return platforms
    }

    /// An absolute directory of the image, where one is given.
    /// - Parameter what: what messages call it.
    private func directory(_ given: Given<String>?, _ what: String) throws -> String? {
        guard let given else { return nil }
        guard given.value.hasPrefix("/") else {
            throw given.origin.error("\(what) '\(given.value)' is not absolute", hints: ["start it with a slash"])
        }
        return given.value
    }

    /// The code, where it comes into the image.
    private mutating func filesStep(in workingDirectory: String, _ results: Results) throws -> FilesStep? {
        let root = try directory(settings.codeRoot, "the directory of the code")
        guard try settings.code.map(CodeMode.init(given:)) != .omitted else {
            if root != nil { warn("--code-root does nothing, since --code none leaves the code out") }
            return nil
        }
        return FilesStep(
            source: context.string, destination: root ?? workingDirectory,
            excluded: written(results))
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
        step.labels = try labels()
        step.entrypoint = try settings.entrypoint?.read { try $0.words() }
        step.command = try settings.command?.read { try $0.words() }
        step.user = settings.user?.value
        return step
    }

    func labels() throws -> [String: String] {
        var labels: [String: String] = [:]
        for given in settings.labels {
            let (name, value) = try given.read { try pair($0, what: "label") }
            labels[name] = value
        }
        return labels
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

    private func bills(
        _ outputs: [BuildOutput], platforms: [Platform]
    ) throws -> (request: SBOMRequest?, file: SBOMFile?) {
        var attested: Origin?
        for given in settings.attestations {
            attested = try given.read { try Attestation($0) }.isWanted ? given.origin : nil
        }
        if let attested, !outputs.contains(.registry) {
            throw attested.error(
                "a bill of materials is attached to an image in a registry, and this image is not pushed",
                hints: ["push it by --push, or write the bill into a file by --sbom"])
        }
        if let given = settings.sbomFile, ["", "true", "false"].contains(given.value) {
            throw given.origin.error(
                "'\(given.value)' is not the name of a file for the bill of materials",
                hints: [
                    "buildx's --sbom=true is --attest sbom here", "a file with that name is written ./\(given.value)",
                ])
        }
        let file = settings.sbomFile.map {
            SBOMFile($0.origin.path($0.value), isForSeveral: platforms.count > 1)
        }
        let format = try settings.sbomFormat?.read { name in
            guard let format = SBOMFormat(rawValue: name) else {
                throw InterfaceError(
                    .invalidFlag, "'\(name)' is no form of a bill of materials",
                    hints: ["the forms are \(SBOMFormat.allCases.map(\.rawValue).joined(separator: ", "))"])
            }
            return format
        }
        guard file != nil || attested != nil else { return (nil, nil) }
        let named = file?.path.lastComponent.flatMap { SBOMFormat(fileName: $0.string) }
        return (SBOMRequest(format ?? named ?? .spdx, isAttached: attested != nil), file)
    }

    /// What a build itself writes into its context, as patterns: left out, the next build of it is the same.
    func written(_ results: Results) -> [String] {
        var written = results.outputs.compactMap { output -> FilePath? in
            switch output {
            case .registry: nil
            case .layout(let path), .dockerArchive(let path): path
            }
        }
        written += [settings.metadataFile, settings.imageIDFile].compactMap { $0.map { $0.origin.path($0.value) } }
        if let sbom = results.sbomFile {
            let platforms = results.platforms
            written += platforms.count > 1 ? platforms.map { sbom.path(for: $0) } : [sbom.path]
        }
        written.append(surroundings.cache)
        let root = absolute(context)
        return written.compactMap { path in
            var rest = absolute(path)
            guard rest.removePrefix(root), !rest.isEmpty else { return nil }
            return rest.string.reduce(into: "") { $0 += "*?[]\\!#".contains($1) ? "\\\($1)" : String($1) }
        }
    }

    func absolute(_ path: FilePath) -> FilePath { surroundings.directory.pushing(path).lexicallyNormalized() }
}
