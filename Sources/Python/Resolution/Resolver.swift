public import Content
import Diagnostics
public import OCI
public import Spec
public import SystemPackage

// Manifests become locks, and locks become wheels in the blob store.
//
// uv decides everything that the packaging specifications leave to a resolver: versions, markers, indexes, tags. This
// room asks it the right question for the interpreter found in a base image, keeps its answer as a value (`Lock`), and
// remembers it by all that it depends on, so that asking again costs nothing. Putting wheels into layers is `Wheels`.

/// What is to be resolved.
public struct ResolutionRequest: Sendable {
    /// The manifests; their requirements hold together.
    public var manifests: [Manifest]
    /// Where packages come from.
    public var indexes: PackageIndexes
    /// What the wheels are chosen for.
    public var target: PythonTarget
    /// What is there already: a version that fulfils the requirements is kept, as installers keep it.
    public var installed: [InstalledDistribution]
    /// What of the manifests' projects is wanted.
    public var selection: PackageSelection
    /// The lock that was made before, if it counts.
    public var lock: LockUse?
    /// Whether uv is asked although the answer is known, and newer versions are preferred to those that are there.
    public var upgrade: Bool
    /// What the manifests may name, where they are a stranger's.
    public var confinement: ManifestConfinement?
    /// Whether what has no wheel is built from its sources, which runs code of theirs.
    public var allowsSourceBuilds: Bool
    /// How the installer was told to install; nil is as usual.
    public var options: InstallationOptions?
    /// Wheels that were chosen before, and count as one more place where packages come from.
    public var offered: [LockedPackage]

    /// Takes the parts.
    public init(
        manifests: [Manifest], indexes: PackageIndexes, target: PythonTarget,
        installed: [InstalledDistribution] = [], selection: PackageSelection = PackageSelection(), lock: LockUse? = nil,
        upgrade: Bool = false, confinement: ManifestConfinement? = nil, allowsSourceBuilds: Bool = false,
        options: InstallationOptions? = nil, offered: [LockedPackage] = []
    ) {
        self.manifests = manifests
        self.indexes = indexes
        self.target = target
        self.installed = installed
        self.selection = selection
        self.lock = lock
        self.upgrade = upgrade
        self.confinement = confinement
        self.allowsSourceBuilds = allowsSourceBuilds
        self.options = options
        self.offered = offered
    }
}

/// The answer.
public struct Resolution: Sendable {
    /// Which wheels.
    public var lock: Lock
    /// Whether it was known from before.
    public var isCached: Bool
    /// The user information that the fetcher puts back into URLs.
    public var credentials: URLCredentials
    /// The ids of the secrets that it asked for.
    public var usedSecrets: Set<String> = []
}

/// Tells the digest and length of a wheel whose index names none.
public protocol WheelHasher: Sendable {
    /// Asks for the length in bytes without reading the wheel; nil where nobody tells.
    /// - Parameter url: without user information.
    func size(_ url: String, credentials: URLCredentials) async throws -> Int64?
    /// Reads the whole wheel.
    /// - Parameter url: without user information.
    func hash(_ url: String, credentials: URLCredentials) async throws -> (digest: Digest, size: Int64)
}

/// Turns manifests into locks by uv, and remembers its answers.
public struct Resolver: Sendable {
    private let environment: [String: String]
    private let records: any RecordStore
    private let cache: FilePath
    private let hasher: any WheelHasher
    private let builder: SourceBuilder?
    private let lent: LentVariables
    private let keyring: Keyring?

    /// - Parameters:
    ///   - environment: what uv may see: the command line's own environment, or a scrubbed one.
    ///   - records: where answers are remembered.
    ///   - cache: a directory for uv's cache and for temporary files.
    ///   - hasher: asked for wheels whose index names no digest.
    ///   - builder: builds what has no wheel; without one nothing is built, whatever a request allows.
    ///   - lent: what the user lends to this build.
    ///   - keyring: asked for passwords where the environment or uv's configuration says so.
    public init(
        environment: [String: String], records: any RecordStore, cache: FilePath, hasher: any WheelHasher,
        builder: SourceBuilder? = nil, lent: LentVariables = LentVariables(SecretSet()), keyring: Keyring? = nil
    ) {
        self.lent = lent
        self.keyring = keyring
        self.environment = environment
        self.records = records
        self.cache = cache
        self.hasher = hasher
        self.builder = builder
    }

    /// The wheels for a request.
    ///
    /// Where nothing changed since an earlier answer, no process is started.
    /// - Throws: `PythonError`.
    public func resolve(_ request: ResolutionRequest) async throws -> Resolution {
        switch request.lock {
        case .preferred(let path) where !request.upgrade:
            try await answer(request, keepingTo: try await preferences(FilePath(path), request))
        case .required(let path): try await resolve(request, by: FilePath(path))
        case nil, .preferred: try await answer(request)
        }
    }

    /// The wheels of a lock, if it is still what the manifests come to.
    ///
    /// The manifests are resolved with the lock's versions preferred, so that what was released since makes no difference.
    /// - Throws: `PythonError` (`lock_missing`, `lock_outdated`).
    private func resolve(_ request: ResolutionRequest, by path: FilePath) async throws -> Resolution {
        // A uv.lock is compared with its project by uv; a standard lock alone has nothing to be compared with.
        guard !request.manifests.allSatisfy(\.kind.isLock) else { return try await answer(request, isLocked: true) }
        try request.confinement?.prepare(path)
        var own = request
        own.manifests = [try Manifest(lock: path)]
        own.selection = PackageSelection()
        var locked = try await answer(own)
        let wanted = try await answer(request, keepingTo: LockPreferences(locked.lock), isLocked: true)
        let changes = LockedVersions([locked.lock]).changes(to: LockedVersions([wanted.lock]))
        guard changes.isEmpty else {
            throw PythonError.outdated(path, changes: changes.map(\.due), by: "cooperage lock")
        }
        locked.credentials.add(wanted.credentials)
        locked.usedSecrets.formUnion(wanted.usedSecrets)
        return locked
    }

    /// What a lock chose, if it is there.
    private func preferences(_ path: FilePath, _ request: ResolutionRequest) async throws -> LockPreferences? {
        guard try FileSystem.status(path)?.kind == .file else { return nil }
        let manifest = try Manifest(path)
        guard manifest.kind == .pylock else { return nil }
        let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
        let document: PylockDocument
        do throws(PythonError) {
            document = try PylockDocument(text: text, name: path.string)
        } catch {
            throw PythonError(
                error.code, error.message, context: error.context,
                hints: error.hints + ["--upgrade writes it anew, whatever it holds"], cause: error.cause)
        }
        var own = request
        own.manifests = [manifest]
        own.selection = PackageSelection()
        do {
            return LockPreferences(try await answer(own).lock)
        } catch is PythonError {
            // For another Python or system; its versions are still those that people have.
            return LockPreferences(document)
        }
    }

    private func answer(
        _ request: ResolutionRequest, keepingTo preferences: LockPreferences? = nil, isLocked: Bool = false
    ) async throws -> Resolution {
        let uv = try await UvTool.find(environment: environment, records: records)
        let uvEnvironment = UvEnvironment(
            user: environment, indexes: try absolute(request.indexes), cache: cache.appending("uv"), uv: uv.path,
            lent: lent)
        let inputs = try ResolutionInputs(
            request, environment: uvEnvironment, preferences: preferences, isLocked: isLocked, keyring: keyring)
        let key = try inputs.key(target: request.target, uvVersion: uv.version)
        // The query of a wheel's URL stays in the lock, since the download needs it, and may be a token.
        let record = RecordKey(kind: "resolution", digest: key, isPrivate: true)
        if !request.upgrade, inputs.isCacheable, let lock = try records.value(Lock.self, for: record) {
            let lock = request.confinement?.located(lock) ?? lock
            try request.confinement?.prepare(lock)
            return Resolution(
                lock: try await built(lock, request, uv, uvEnvironment, inputs), isCached: true,
                credentials: inputs.credentials, usedSecrets: inputs.usedSecrets)
        }

        // What uv reads is uv's to know.
        try request.confinement?.prepareAll()
        try FileSystem.makeDirectory(cache)
        let scratch = try FileSystem.makeTemporaryDirectory(
            prefix: try FileSystem.absolute(cache).appending("resolve-"))
        defer { try? FileSystem.removeTree(scratch) }
        let compilation = UvCompilation(
            uv: uv,
            environment: uvEnvironment.withRepositories(inputs.repositoryOrigins, inputs.credentials),
            scratch: scratch, request: request, inputs: inputs,
            allowsSourceBuilds: allowsBuilds(request))
        let document = try await compilation.run()
        let selection = WheelSelection(
            preference: try WheelPreference(request.target), target: request.target,
            allowedHashes: inputs.allowedHashes, requiresHashes: inputs.requiresHashes, preferences: preferences,
            directory: scratch, allowsSourceBuilds: allowsBuilds(request))
        let chosen = try document.packages.map { try selection.choose(for: $0) }
        for case .wheel(let wheel) in chosen {
            try request.confinement?.check(url: wheel.url, origin: wheel.filename.text)
        }
        let packages = try await withThrowingTaskGroup(of: LockedPackage.self) { group in
            for package in chosen {
                group.addTask {
                    switch package {
                    case .wheel(let wheel): try await complete(wheel, credentials: inputs.credentials)
                    case .source(let source, let package):
                        try await complete(source, of: package, request, credentials: inputs.credentials)
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.name < $1.name }
        }
        let lock = Lock(target: request.target, packages: packages, inputs: key)
        try records.setValue(request.confinement?.unlocated(lock) ?? lock, for: record)
        return Resolution(
            lock: try await built(lock, request, uv, uvEnvironment, inputs), isCached: false,
            credentials: inputs.credentials, usedSecrets: inputs.usedSecrets)
    }

    // MARK: Sources

    private func allowsBuilds(_ request: ResolutionRequest) -> Bool { request.allowsSourceBuilds && builder != nil }

    /// What is kept of a resolution names sources alone: what came of them is known by what they hold now.
    private func built(
        _ lock: Lock, _ request: ResolutionRequest, _ uv: UvTool, _ environment: UvEnvironment,
        _ inputs: ResolutionInputs
    ) async throws -> Lock {
        guard let builder, lock.packages.contains(where: { $0.source != nil }) else { return lock }
        let workbench = Workbench(
            uv: uv, environment: environment, credentials: inputs.credentials, indexLines: inputs.indexLines,
            directory: try FileSystem.absolute(request.manifests.first?.directory ?? "."),
            confinement: request.confinement)
        let complete = try await builder.complete(lock, with: workbench, isFresh: request.upgrade)
        return try await builder.editable(complete, request.options?.editableSources ?? [])
    }

    /// Sources with their digest, whose wheel comes later.
    private func complete(
        _ chosen: ChosenSource, of package: PylockDocument.Package, _ request: ResolutionRequest,
        credentials: URLCredentials
    ) async throws -> LockedPackage {
        let source: PackageSource
        switch chosen {
        case .tree(let tree):
            source = tree
            try request.confinement?.check(source, of: package.name)
        case .file(let file):
            try request.confinement?.check(url: file.url, origin: package.name)
            if let digest = file.digest {
                source = try file.source(digest: digest, size: file.size)
            } else {
                let found = try await hasher.hash(file.url, credentials: credentials)
                source = try file.source(digest: found.digest, size: found.size)
            }
        }
        let name = normalizedName(package.name)
        // Its place is held by the digest of nothing.
        let none = LockedWheel(filename: "", url: "", size: nil, digest: try Digester.digest(of: []))
        return LockedPackage(name: name, version: package.version ?? "", wheel: none, source: source)
    }

    // MARK: Wheels

    /// Adds the digest or the length where the index told none. The layers follow from the lengths, so that a lock without
    /// them would give others than the same lock from another index.
    private func complete(_ chosen: ChosenWheel, credentials: URLCredentials) async throws -> LockedPackage {
        var size = chosen.size
        let digest: Digest
        if chosen.digest != nil, size == nil {
            size = try await hasher.size(chosen.url, credentials: credentials)
        }
        if let known = chosen.digest, size != nil {
            digest = known
        } else {
            let found = try await hasher.hash(chosen.url, credentials: credentials)
            if let known = chosen.digest, known != found.digest {
                throw PythonError(
                    .hashMismatch, "'\(chosen.filename.text)' has digest \(found.digest), and its index says \(known)",
                    hints: ["somebody replaced the file, or something on the way changes what it delivers"])
            }
            (digest, size) = (found.digest, found.size)
        }
        try chosen.check(digest)
        return LockedPackage(
            name: chosen.filename.name, version: chosen.version,
            wheel: LockedWheel(filename: chosen.filename.text, url: chosen.url, size: size, digest: digest))
    }

    /// Directories given on the command line start where the command does, not at the manifest.
    private func absolute(_ indexes: PackageIndexes) throws -> PackageIndexes {
        var indexes = indexes
        indexes.findLinks = try indexes.findLinks.map { place in
            place.contains("://") ? place : try FileSystem.absolute(FilePath(place)).string
        }
        return indexes
    }
}
