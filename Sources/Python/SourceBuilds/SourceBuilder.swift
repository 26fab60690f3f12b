public import Content
import Diagnostics
import Glibc
import OCI
import Programs
public import Spec
public import SystemPackage

/// Builds wheels from sources by `uv build`, in a process of its own, and remembers them: the same sources are not built
/// twice.
///
/// It runs code of whoever wrote the sources, with the rights of this process. The environment that it sees is scrubbed
/// against accidents; that is no wall.
public struct SourceBuilder: Sendable {
    private let fetcher: WheelFetcher
    private let store: any BlobStore
    private let records: any RecordStore
    private let cache: FilePath
    private let timeLimit: Duration
    private let tell: @Sendable (_ event: BuildEvent) -> Void

    /// - Parameters:
    ///   - fetcher: who downloads files of sources.
    ///   - store: where these are then, and where wheels go.
    ///   - records: where wheels are remembered.
    ///   - cache: a directory for temporary files.
    ///   - timeLimit: how long one build may take.
    ///   - tell: hears that a build begins.
    public init(
        fetcher: WheelFetcher, store: any BlobStore, records: any RecordStore, cache: FilePath,
        timeLimit: Duration = .seconds(1800), tell: @escaping @Sendable (_ event: BuildEvent) -> Void = { _ in }
    ) {
        self.fetcher = fetcher
        self.store = store
        self.records = records
        self.cache = cache
        self.timeLimit = timeLimit
        self.tell = tell
    }

    /// Adds the wheels of what is built from sources to a lock, building those that are not known.
    /// - Parameters:
    ///   - isFresh: whether known ones do not count.
    /// - Throws: `PythonError` with the package.
    func complete(_ lock: Lock, with workbench: Workbench, isFresh: Bool) async throws -> Lock {
        var lock = lock
        for number in lock.packages.indices {
            guard let source = lock.packages[number].source else { continue }
            do {
                let wheel = try await wheel(
                    of: lock.packages[number], from: source, target: lock.target, workbench, isFresh: isFresh)
                lock.packages[number].version = try WheelFilename(wheel.filename).version
                lock.packages[number].wheel = wheel
            } catch let error as PythonError {
                throw error.within(FailureContext("package", lock.packages[number].name))
            }
        }
        return lock
    }

    /// A lock in which the projects whose code is used where it lies have wheels that lead there.
    /// - Parameter sources: where the code of each is in the image; what is not among them keeps its wheel.
    func editable(_ lock: Lock, _ sources: [InstallationOptions.EditableSource]) async throws -> Lock {
        var lock = lock
        for number in lock.packages.indices {
            guard case .directory(let directory) = lock.packages[number].source, directory.isEditable else { continue }
            let path = try FileSystem.absolute(FilePath(directory.path))
            let place = try sources.first { try FileSystem.absolute(FilePath($0.directory)) == path }?.place
            guard let place else { continue }
            let (usual, store) = (lock.packages[number].wheel, store)
            lock.packages[number].wheel = try await blocking {
                let bytes = try store.required(usual.digest).readAll(limit: 1 << 30)
                let wheel = try Wheel(BytesReader(bytes), filename: usual.filename)
                let editable = try EditableWheel(of: wheel, from: path, at: place)
                let blob = try store.put(editable.bytes)
                return LockedWheel(filename: editable.filename, url: "", size: blob.size, digest: blob.digest)
            }
        }
        return lock
    }

    private func wheel(
        of package: LockedPackage, from source: PackageSource, target: PythonTarget, _ workbench: Workbench,
        isFresh: Bool
    ) async throws -> LockedWheel {
        let tree = try await blocking { try source.tree }
        let record = try record(of: source, tree, target, workbench)
        if !isFresh, let known = try records.value(LockedWheel.self, for: record), try store.contains(known.digest) {
            return known
        }
        tell(.notice("building a wheel of \(package.name) from \(source.place)"))
        let directory = try FileSystem.absolute(cache)
        try FileSystem.makeDirectory(directory)
        let scratch = try FileSystem.makeTemporaryDirectory(prefix: directory.appending("build-"))
        defer { try? FileSystem.removeTree(scratch) }
        let place = try await bring(source, to: scratch, workbench)
        let built = try await build(place, name: package.name, target: target, in: scratch, workbench)
        let filename = try check(built, name: package.name, target: target)
        let wheel = try await keep(built, filename)
        try records.setValue(wheel, for: record)
        // Backends leave things beside the sources; that does not make them others.
        if let tree, let after = try await blocking({ try source.tree }), after.onlyAdds(to: tree) {
            try records.setValue(wheel, for: self.record(of: source, after, target, workbench))
        }
        return wheel
    }

    /// What a wheel follows from.
    private func record(
        of source: PackageSource, _ tree: SourceTree?, _ target: PythonTarget, _ workbench: Workbench
    ) throws -> RecordKey {
        var key = KeyBuilder(kind: "built-wheel", formatVersion: 1)
        switch source {
        case .sdist(let archive), .archive(let archive):
            key.append("archive")
            key.append(archive.digest.description)
        case .git(let git):
            key.append("git")
            key.append(git.url)
            key.append(git.commit)
            key.append(git.subdirectory)
        case .directory:
            key.append("directory")
            key.append(try tree?.digest.description)
        }
        key.append(target.version.series)
        key.append(target.platform.description)
        key.append("\(target.libc)")
        key.append(workbench.uv.version)
        key.append(workbench.settings) { key, variable in
            key.append(variable.name)
            key.append(variable.value)
        }
        // The URL of a repository may hold a token.
        return RecordKey(kind: "built-wheels", digest: try key.digest(), isPrivate: true)
    }

    // MARK: Building

    /// Brings sources onto this machine.
    /// - Returns: the directory or the file.
    private func bring(_ source: PackageSource, to scratch: FilePath, _ workbench: Workbench) async throws -> FilePath {
        switch source {
        case .directory(let directory): return FilePath(directory.path)
        case .git(let git):
            let place = scratch.appending("repository")
            try await GitCheckout(environment: workbench.environment, credentials: workbench.credentials)
                .checkOut(git, into: place)
            return place.pushing(FilePath(git.subdirectory ?? ""))
        case .sdist(let archive), .archive(let archive):
            try await fetcher.fetch(
                LockedWheel(
                    filename: archive.filename, url: archive.url, size: archive.size, digest: archive.digest),
                credentials: workbench.credentials)
            let place = scratch.appending("archive")
            try FileSystem.makeDirectory(place)
            let blob = try store.required(archive.digest)
            return try await blocking {
                let file = try TemporaryFile(in: place)
                try blob.open().forEachChunk { try file.write($0) }
                try file.commit(to: place.appending(archive.filename), durably: false)
                return place.appending(archive.filename)
            }
        }
    }

    /// - Returns: the wheel's path.
    private func build(
        _ place: FilePath, name: String, target: PythonTarget, in scratch: FilePath, _ workbench: Workbench
    ) async throws -> FilePath {
        guard try FileSystem.status(place) != nil else {
            throw PythonError(.buildFailed, "there is nothing at '\(place)' to build \(name) from")
        }
        let out = scratch.appending("wheel")
        let environment = try workbench.environment.forBuild(in: scratch, indexes: workbench.indexLines)
        let options = workbench.indexLines.contains { $0.option == .noIndex } ? ["--no-index"] : []
        let arguments =
            ["build", "--wheel", "--no-create-gitignore", "--out-dir", out.string, "--python", target.version.series]
            + options + ["--", place.string]
        let ended = try await limited(to: timeLimit) {
            try await workbench.uv.run(arguments, variables: environment, directory: workbench.directory)
        }
        guard let output = ended else {
            throw PythonError(.buildFailed, "the build of \(name) is not done after \(timeLimit)")
        }
        guard output.succeeded else {
            throw Self.failure(output, name: name, target: target, without: workbench.credentials)
        }
        let names = FileSystem.exists(out) ? try FileSystem.names(in: out).filter { $0.hasSuffix(".whl") } : []
        guard let wheel = names.first, names.count == 1 else {
            throw PythonError(.buildFailed, "the build of \(name) left \(names.count) wheels, and one is expected")
        }
        return out.appending(wheel)
    }

    static func failure(
        _ output: ProcessOutput, name: String, target: PythonTarget,
        without credentials: URLCredentials = URLCredentials()
    ) -> PythonError {
        let words = credentials.scrubbed(output.standardError).trimmingEnd
        guard !words.contains("No interpreter found"), !words.contains("Failed to inspect Python interpreter") else {
            return PythonError(
                .buildPythonMissing,
                "\(name) is built with Python \(target.version.series), the image's, which is not on this machine\n\(words)",
                hints: [
                    "install python\(target.version.series), or let uv do so by UV_PYTHON_DOWNLOADS=automatic "
                        + "and UV_PYTHON_PREFERENCE=managed",
                    "or take a base image with another Python",
                ])
        }
        return PythonError(.buildFailed, "\(name) cannot be built\n\(words)")
    }

    // MARK: The wheel

    /// Whether a wheel is the right one, and runs on the target.
    private func check(_ wheel: FilePath, name: String, target: PythonTarget) throws -> WheelFilename {
        let filename = try WheelFilename(wheel.lastComponent?.string ?? "")
        guard filename.name == normalizedName(name) else {
            throw PythonError(.buildFailed, "\(name) was to be built, and '\(filename.text)' came out")
        }
        guard try WheelPreference(target).rank(of: filename) != nil else {
            throw PythonError(
                .noMatchingWheel, "'\(filename.text)', which was built here, does not run on \(target)",
                hints: [
                    "what holds machine code is built on a machine of the image's platform; only pure Python is the same "
                        + "everywhere"
                ])
        }
        if !filename.tags.contains(where: { $0.platform == "any" }) { try checkLibrary(filename, target) }
        return filename
    }

    /// Machine code asks for the C library that it was built with.
    private func checkLibrary(_ filename: WheelFilename, _ target: PythonTarget) throws {
        // "glibc 2.36"
        var buffer = [CChar](repeating: 0, count: 64)
        _ = confstr(Int32(_CS_GNU_LIBC_VERSION), &buffer, buffer.count)
        let here = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let parts = here.drop { !$0.isNumber }.split(separator: ".").compactMap { Int($0) }
        guard case .glibc(let major, let minor) = target.libc else {
            throw PythonError(
                .noMatchingWheel, "'\(filename.text)' was built for \(here), and the image has \(target.libc)",
                hints: ["take a base with glibc, or a version of the package that has a wheel for musl"])
        }
        guard parts.count >= 2, (parts[0], parts[1]) > (major, minor) else { return }
        tell(
            .warning(
                "'\(filename.text)' was built with \(here), which is newer than the image's \(target.libc): it may "
                    + "not run there"))
    }

    private func keep(_ wheel: FilePath, _ filename: WheelFilename) async throws -> LockedWheel {
        let store = store
        return try await blocking {
            let writer = try store.makeWriter()
            try FileReader(wheel).forEachChunk { try writer.write($0) }
            let blob = try writer.commit(expecting: nil)
            return LockedWheel(filename: filename.text, url: "", size: blob.size, digest: blob.digest)
        }
    }
}

/// What builds of one resolution are made with.
struct Workbench: Sendable {
    let uv: UvTool
    let environment: UvEnvironment
    let credentials: URLCredentials
    /// What the requirements files say of indexes.
    let indexLines: [(option: RequirementsLine.IndexOption, value: String)]
    /// Where uv starts, and looks for its settings.
    let directory: FilePath
    /// What the sources may name, where they are a stranger's.
    let confinement: ManifestConfinement?

    /// What a wheel may depend on beside its sources, without user information and without where a context lies.
    var settings: [(name: String, value: String)] {
        let lines = indexLines.map { ("\($0.option)", URLCredentials.removed(from: $0.value)) }
        return (environment.inputs + lines).map { ($0, confinement?.unlocated($1) ?? $1) }
    }
}

extension PackageSource {
    /// The files of a directory.
    fileprivate var tree: SourceTree? {
        get throws {
            guard case .directory(let directory) = self else { return nil }
            return try SourceTree(FilePath(directory.path))
        }
    }

    /// Where it is, for people.
    var place: String {
        switch self {
        case .sdist(let archive), .archive(let archive): archive.filename
        case .git(let git): "\(redacted(url: git.url)) at \(git.commit.prefix(12))"
        case .directory(let directory): directory.path
        }
    }
}
