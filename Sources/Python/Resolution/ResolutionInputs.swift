import Content
import Diagnostics
import OCI
import Spec
import SystemPackage

/// All that a resolution depends on, read from the files: what makes the cache key, and what is needed afterwards to
/// check and fetch.
struct ResolutionInputs: Sendable {
    /// The requirements files with all that they include.
    private(set) var requirements: [RequirementsFile] = []
    /// The texts of other files, by path: locks, projects, uv's configuration.
    private(set) var texts: [(path: FilePath, text: String)] = []
    /// Local directories and wheels that are named, with what shows a change of them.
    private(set) var localFiles: [String] = []
    /// The user information of every URL that was read.
    private(set) var credentials = URLCredentials()
    /// The ids of the secrets that something here asks for.
    private(set) var usedSecrets: Set<String> = []
    /// What is wanted of the projects.
    private(set) var selection: ProjectSelection
    /// What an earlier lock chose, where one counts, and what is there already.
    private(set) var preferences: LockPreferences?
    /// Whether a lock has to fit its manifests.
    let isLocked: Bool
    private let request: ResolutionRequest
    private let environment: UvEnvironment
    private let confinement: ManifestConfinement?
    private let allowsSourceBuilds: Bool

    /// Reads what a request names.
    init(
        _ request: ResolutionRequest, environment: UvEnvironment, preferences: LockPreferences? = nil,
        isLocked: Bool = false, keyring: Keyring? = nil
    ) throws {
        self.request = request
        self.environment = environment
        self.isLocked = isLocked
        selection = try ProjectSelection(PackageSelection(), of: []) { _ in nil }
        confinement = request.confinement
        allowsSourceBuilds = request.allowsSourceBuilds
        for manifest in request.manifests {
            switch manifest.kind {
            case .requirements:
                requirements += try RequirementsFile.collect(
                    manifest.path, environment: environment.variables, lent: environment.lent, confinement: confinement)
            case .uvLock:
                try add(manifest.path)
                try addIfPresent(manifest.directory.appending("pyproject.toml"))
            case .pylock, .project: try add(manifest.path)
            }
        }
        self.preferences = LockPreferences.merging(preferences, Self.kept(request, named: requirements))
        for path in environment.files { try addIfPresent(path) }
        if let first = request.manifests.first { try addConfiguration(from: first.directory) }
        selection = try ProjectSelection(request.selection, of: request.manifests) { path in
            texts.first { $0.path == path }?.text
        }
        if !allowsSourceBuilds { for file in requirements { try file.refuseSources() } }
        if let confinement {
            let start = try FileSystem.absolute(request.manifests.first?.directory ?? ".")
            for file in requirements { try confinement.check(file, start: start) }
            for file in texts where ["toml", "lock"].contains(file.path.extension) {
                try confinement.check(toml: file.text, at: file.path)
            }
        }
        try addLocalFiles(request)
        if allowsSourceBuilds { try addLocalSources(request) }

        for file in requirements {
            credentials.collect(from: environment.lent.expanding(file.text))
            usedSecrets.formUnion(file.secrets)
        }
        for file in texts { credentials.collect(from: file.text) }
        for name in ["UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"] {
            if let value = environment.variables[name] { credentials.collect(from: value) }
        }
        for index in namedIndexes() {
            credentials.collect(user: index.user, password: index.password, for: index.url)
        }
        if let netrc = environment.netrc, let text = try? FileSystem.read(netrc) {
            credentials.collect(netrc: Netrc(String(decoding: text, as: UTF8.self)))
        }
        if environment.lent.netrc != nil { usedSecrets.insert(LentVariables.netrcID) }
        let configurations = texts.filter { $0.path.extension == "toml" }.map(\.text)
        if environment.keyringProvider(configuredBy: configurations) == .subprocess { credentials.keyring = keyring }
    }

    /// Whether all inputs can be known without asking another machine, or uv: it compares a uv.lock with every project of
    /// a workspace.
    var isCacheable: Bool {
        !requirements.contains(where: \.includesRemote)
            && !(isLocked && request.manifests.contains { $0.kind == .uvLock })
    }

    /// Whether a requirements file allows versions before a release.
    var allowsPrereleases: Bool { requirements.lazy.flatMap(\.lines).contains { $0.sets("--pre") } }

    /// Whether a requirements file wants a digest for every distribution.
    var requiresHashes: Bool { requirements.lazy.flatMap(\.lines).contains { $0.sets("--require-hashes") } }

    /// The digests that the manifests allow for each distribution, by normalised name. One without an entry is free.
    var allowedHashes: [String: Set<Digest>] {
        var allowed: [String: Set<Digest>] = [:]
        for line in requirements.lazy.flatMap(\.lines) {
            guard let name = line.name else { continue }
            let hashes = line.hashes
            if !hashes.isEmpty { allowed[name, default: []].formUnion(hashes) }
        }
        return allowed
    }

    /// The digest of everything. User information of URLs is left out: it says who asks, not what.
    func key(target: PythonTarget, uvVersion: String) throws -> Digest {
        // Where a context lies while it is built says nothing of what it holds.
        func portable(_ text: String) -> String { confinement?.unlocated(text) ?? text }
        var key = KeyBuilder(kind: "resolution", formatVersion: 2)
        key.append(uvVersion)
        key.append(allowsSourceBuilds ? 1 : 0)
        key.append("\(target)")
        key.append(requirements) { key, file in
            key.append(portable(file.path.string))
            key.append(portable(URLCredentials.removed(from: file.text)))
        }
        key.append(texts) { key, file in
            key.append(portable(file.path.string))
            key.append(URLCredentials.removed(from: file.text))
        }
        key.append(localFiles) { $0.append(portable($1)) }
        key.append(environment.inputs) { key, variable in
            key.append(variable.name)
            key.append(portable(variable.value))
        }
        key.append(request.selection.groups) { $0.append($1) }
        key.append(request.selection.extras) { $0.append($1) }
        key.append(request.selection.allExtras ? 1 : 0)
        key.append(preferences?.parts ?? []) { $0.append($1) }
        key.append(isLocked ? 1 : 0)
        // What only some builds have.
        if let options = request.options {
            key.append(portable(String(decoding: try CanonicalJSON.encode(options), as: UTF8.self)))
        }
        if let sync = request.selection.sync {
            key.append(String(decoding: try CanonicalJSON.encode(sync), as: UTF8.self))
        }
        if !request.offered.isEmpty { key.append(request.offered.map(\.wheel.digest.description)) { $0.append($1) } }
        return try key.digest()
    }

    /// What is there already and shall stay as long as the requirements allow it.
    private static func kept(_ request: ResolutionRequest, named files: [RequirementsFile]) -> [InstalledDistribution] {
        // Who wants newer versions than the base's does not mean those that were just chosen.
        let chosen = Set(request.offered.map(\.name))
        let installed =
            request.upgrade ? request.installed.filter { chosen.contains($0.normalizedName) } : request.installed
        let names: Set<String>
        switch request.options?.upgrade {
        case nil: return installed
        case .all: return []
        case .named: names = Set(files.lazy.flatMap(\.lines).compactMap(\.name))
        case .packages(let packages): names = Set(packages.map { normalizedName($0) })
        }
        return installed.filter { !names.contains($0.normalizedName) }
    }

    /// The indexes whose user and password stand in variables of their own (`UV_INDEX_NAME_PASSWORD`).
    private mutating func namedIndexes() -> [(url: String, user: String, password: String?)] {
        let isNamed = environment.variables.keys.contains {
            $0.hasPrefix("UV_INDEX_") && ($0.hasSuffix("_PASSWORD") || $0.hasSuffix("_USERNAME"))
        }
        guard isNamed else { return [] }
        var indexes: [(name: String, url: String)] = []
        for name in ["UV_INDEX", "UV_DEFAULT_INDEX"] {
            for word in (environment.variables[name] ?? "").split(separator: " ") {
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                if parts.count == 2, !parts[0].contains("/") { indexes.append((parts[0], parts[1])) }
            }
        }
        for file in texts where file.path.extension == "toml" { indexes += UvConfiguration.indexes(in: file.text) }
        return indexes.compactMap { index in
            // The name in capitals, everything else as `_` (uv, "Providing credentials directly").
            let stem = String(index.name.uppercased().map { $0.isLetter || $0.isNumber ? $0 : "_" })
            let names = ["UV_INDEX_\(stem)_USERNAME", "UV_INDEX_\(stem)_PASSWORD"]
            usedSecrets.formUnion(names.filter { environment.lent.values[$0] != nil })
            let (user, password) = (environment.variables[names[0]], environment.variables[names[1]])
            return user == nil && password == nil ? nil : (index.url, user ?? "", password)
        }
    }

    private mutating func add(_ path: FilePath) throws {
        try confinement?.prepare(path)
        texts.append((path, String(decoding: try FileSystem.read(path), as: UTF8.self)))
    }

    private mutating func addIfPresent(_ path: FilePath) throws {
        try confinement?.prepare(path)
        if try FileSystem.status(path)?.kind == .file { try add(path) }
    }

    /// uv's configuration for a directory: the first directory upwards that holds one, the user's, the system's.
    private mutating func addConfiguration(from directory: FilePath) throws {
        var directory = try FileSystem.absolute(directory)
        while true {
            let before = texts.count
            for name in ["uv.toml", "pyproject.toml"] { try addIfPresent(directory.appending(name)) }
            // A project without a [tool.uv] table does not end uv's search.
            let isFound = texts[before...].contains {
                $0.path.lastComponent == "uv.toml" || $0.text.contains("tool.uv")
            }
            if isFound || directory.removingLastComponent() == directory { break }
            directory.removeLastComponent()
        }
        let home = environment.variables["HOME"].map { FilePath($0).appending(".config") }
        let user = environment.variables["XDG_CONFIG_HOME"].map { FilePath($0) } ?? home
        for root in [user, FilePath("/etc")].compactMap(\.self) {
            try addIfPresent(root.appending("uv").appending("uv.toml"))
        }
    }

    /// What wheels lie in directories that are searched, and which local wheels are named: their texts are unchanged
    /// when the files change.
    private mutating func addLocalFiles(_ request: ResolutionRequest) throws {
        var places = (environment.variables["UV_FIND_LINKS"] ?? "").split(separator: ",").map { FilePath(String($0)) }
        for file in requirements {
            let directory = file.path.removingLastComponent()
            for line in file.lines {
                if let links = line.findLinks { places.append(directory.pushing(FilePath(links))) }
                for word in line.words where word.hasSuffix(".whl") {
                    places.append(
                        directory.pushing(FilePath(word.hasPrefix("file://") ? String(word.dropFirst(7)) : word)))
                }
            }
        }
        for place in places {
            try confinement?.prepare(place)
            guard let status = try? FileSystem.status(place) else { continue }
            if status.kind == .file { localFiles.append("\(place) \(status.size) \(status.modified)") }
            guard status.kind == .directory else { continue }
            for name in (try? FileSystem.names(in: place)) ?? []
            where name.hasSuffix(".whl") || allowsSourceBuilds && SourceTree.isArchive(name) {
                guard let wheel = try? FileSystem.status(place.appending(name)) else { continue }
                localFiles.append("\(place)/\(name) \(wheel.size) \(wheel.modified)")
            }
        }
    }

    /// What directories and files of sources hold that are named: their metadata may come from anywhere in them.
    private mutating func addLocalSources(_ request: ResolutionRequest) throws {
        var places: [FilePath] = []
        let start = request.manifests.first?.directory ?? "."
        for file in requirements {
            let directories = [file.path.removingLastComponent(), start]
            for path in file.lines.lazy.flatMap(\.localPaths) { places += directories.map { $0.pushing(path) } }
        }
        for manifest in request.manifests where manifest.kind == .project {
            let text = texts.first { $0.path == manifest.path }?.text ?? ""
            places += UvConfiguration.sources(in: text).map { manifest.directory.pushing(FilePath($0)) }
            // Its requirements may be made by code.
            if text.contains("dynamic") { places.append(manifest.directory) }
        }
        for place in Set(try places.map(FileSystem.absolute)).sorted(by: { $0.string < $1.string }) {
            try confinement?.prepare(place)
            switch try FileSystem.status(place)?.kind {
            case .directory where SourceTree.isProject(place):
                localFiles.append("\(place) \(try SourceTree(place).digest)")
            case .file where SourceTree.isArchive(place.string):
                let status = try FileSystem.status(place)
                localFiles.append("\(place) \(status?.size ?? 0) \(status?.modified ?? 0)")
            default: break
            }
        }
    }

    /// The origins of the repositories that requirements files name with a user.
    var repositoryOrigins: [String] {
        let lines: [RequirementsLine] = requirements.flatMap(\.lines)
        let words: [String] = lines.flatMap { $0.words.filter { $0.contains("git+http") } }
        var origins: [String] = []
        for word in words where URLCredentials.removed(from: word) != word {
            let origin = credentials.login(for: word).origin
            if !origins.contains(origin) { origins.append(origin) }
        }
        return origins
    }

    /// The indexes of the requirements files, from which what a build needs is taken, too.
    var indexLines: [(option: RequirementsLine.IndexOption, value: String)] {
        requirements.flatMap { file in
            file.lines.compactMap(\.indexOption).map { option, value in
                let value = environment.lent.expanding(value)
                guard option == .findLinks, !value.contains("://") else { return (option, value) }
                let path = file.path.removingLastComponent().pushing(FilePath(value))
                return (option, ((try? FileSystem.absolute(path)) ?? path).string)
            }
        }
    }
}

extension Manifest {
    /// The directory that it lies in, `.` for a bare name.
    var directory: FilePath {
        let parent = path.removingLastComponent()
        return parent.isEmpty ? "." : parent
    }
}
