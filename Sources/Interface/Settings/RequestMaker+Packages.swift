import Content
import Diagnostics
import Python
import Spec
import SystemPackage

// What settings say of packages.
extension RequestMaker {
    /// The manifests' paths: those that are named, else the first of the usual ones.
    mutating func manifests() throws -> [String] {
        if !settings.requirements.isEmpty { return try settings.requirements.map { try manifest($0).string } }
        guard let manifest = try discovered() else {
            notice("requirements: none, since the context has none of the usual files; name one by -r")
            return []
        }
        notice("requirements: \(manifest.path)")
        return [manifest.path.string]
    }

    /// A lock that has to fit is compared with what it was made for.
    private func discovered() throws -> Manifest? {
        guard settings.locked?.value == true else { return try Manifest.discover(in: context) }
        return try Manifest.discover(in: context, passingOver: .pylock) ?? Manifest.discover(in: context)
    }

    /// A manifest of the command line is looked for as pip does, then in the context.
    func manifest(_ given: Given<String>) throws -> FilePath {
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

    /// The step of a build.
    mutating func pythonStep(_ manifests: [String]) throws -> PythonStep {
        let lockFile = settings.lockFile.map { $0.origin.path($0.value).string }
        var step = try pythonStep(of: manifests)
        step.compilesBytecode = try compilesBytecode
        guard let locked = settings.locked, locked.value else {
            step.lockFile = lockFile
            return step
        }
        guard !step.upgrade else {
            throw locked.origin.error(
                "a lock that has to fit cannot be upgraded in the same build",
                hints: ["run 'cooperage lock --upgrade', and then build"])
        }
        let files = try manifests.map { try Manifest(FilePath($0)) }
        guard let path = lockFile ?? Manifest.lockPath(for: files)?.string else { return step }
        // A manifest that is a lock itself has no other.
        step.lock = .required(path: files.allSatisfy(\.kind.isLock) ? manifests[0] : path)
        return step
    }

    /// Whether bytecode is wanted: as with uv a flag goes before its variable, and that before settings of files.
    var compilesBytecode: Bool {
        get throws {
            if let given = settings.compilesBytecode, case .flag = given.origin { return given.value }
            let name = "UV_COMPILE_BYTECODE"
            let text = surroundings.environment[name] ?? ""
            switch text.lowercased() {
            case "1", "true", "t", "yes", "y", "on": return true
            case "", "0", "false", "f", "no", "n", "off": return settings.compilesBytecode?.value ?? false
            default:
                throw InterfaceError(
                    .invalidFlag, "'\(text)' is neither true nor false", context: [FailureContext("variable", name)],
                    hints: ["set it to 1, or unset it"])
            }
        }
    }

    /// What manifests and indexes say.
    mutating func pythonStep(of manifests: [String]) throws -> PythonStep {
        let indexes = try indexes()
        return PythonStep(
            manifests: manifests,
            selection: PackageSelection(
                groups: settings.groups.map(\.value), extras: settings.extras.map(\.value),
                allExtras: settings.allExtras?.value == true),
            indexes: indexes, upgrade: settings.upgrades?.value == true,
            allowsSourceBuilds: settings.allowsSourceBuilds?.value ?? true)
    }

    /// Where packages come from: what is said, with variables put into URLs, else the secrets that are indexes as a whole.
    private mutating func indexes() throws -> PackageIndexes {
        var indexes = PackageIndexes(
            indexURL: try settings.indexURL.map { try url($0) },
            extraIndexURLs: try settings.extraIndexURLs.map { try url($0) },
            findLinks: try settings.findLinks.map {
                $0.value.contains("://") ? try url($0) : $0.origin.path($0.value).string
            }, excludeNewer: settings.excludeNewer?.value)
        for id in ["UV_DEFAULT_INDEX", "PIP_INDEX_URL"] where indexes.indexURL == nil {
            indexes.indexURL = try urls(ofSecret: id).first
        }
        for id in ["UV_INDEX", "PIP_EXTRA_INDEX_URL"] where indexes.extraIndexURLs.isEmpty {
            indexes.extraIndexURLs = try urls(ofSecret: id)
        }
        return indexes
    }

    private mutating func url(_ given: Given<String>) throws -> String {
        let lent = LentVariables(secrets)
        usedSecrets.formUnion(lent.ids(ofOption: given.value))
        let environment = surroundings.environment
        return try given.read { try lent.expanding(option: $0, from: environment) }
    }

    private mutating func urls(ofSecret id: String) throws -> [String] {
        guard secrets.bytes(id) != nil else { return [] }
        usedSecrets.insert(id)
        let urls = (secrets.text(id) ?? "").split(whereSeparator: \.isWhitespace).map(String.init)
        guard !urls.isEmpty, urls.allSatisfy({ $0.hasPrefix("https://") || $0.hasPrefix("http://") }) else {
            throw Origin.flag("--secret").error(
                "the secret '\(id)' is no URL of an index", hints: ["it reads https://user:password@host/simple"])
        }
        return urls
    }
}
