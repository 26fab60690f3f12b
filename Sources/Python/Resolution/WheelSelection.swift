import Diagnostics
import OCI
import SystemPackage

/// Picks the one wheel of each package that an installer would install.
struct WheelSelection: Sendable {
    let preference: WheelPreference
    let target: PythonTarget
    /// The digests that the manifests allow, by name.
    let allowedHashes: [String: Set<Digest>]
    /// Whether each package needs one of them.
    let requiresHashes: Bool
    /// What an earlier lock chose, where one counts.
    let preferences: LockPreferences?
    /// Where relative paths of the lock start.
    let directory: FilePath
    /// Whether what has no wheel may be built.
    var allowsSourceBuilds = false

    /// The wheel of a package, or what it is built from.
    /// - Throws: `PythonError` (`no_matching_wheel`, `needs_build`, `hash_mismatch`) that names the package, what was
    ///   seen and what to do.
    func choose(for package: PylockDocument.Package) throws(PythonError) -> ChosenPackage {
        if package.wheelFiles.isEmpty, allowsSourceBuilds { return .source(try source(of: package), of: package) }
        try Self.refuseSources(package)
        let title = package.title
        var candidates: [ChosenWheel] = []
        for file in package.wheelFiles { candidates.append(try candidate(file, of: package)) }
        if requiresHashes, allowedHashes[normalizedName(package.name)] == nil {
            throw PythonError(
                .hashMismatch, "the requirements ask for hashes by --require-hashes, and tell none for \(title)",
                context: [FailureContext("package", title)],
                hints: ["take the hashes anew, for example with 'uv pip compile --generate-hashes'"])
        }
        let allowed = candidates.filter(\.isAllowed)
        let kept = allowed.filter { preferences?.contain($0) ?? false }
        if let best = preference.best(of: kept, by: \.filename) ?? preference.best(of: allowed, by: \.filename) {
            return .wheel(best)
        }
        if allowsSourceBuilds, package.sdist != nil { return .source(try source(of: package), of: package) }

        let seen = candidates.map(\.filename.text).joined(separator: ", ")
        if allowed.isEmpty {
            throw PythonError(
                .hashMismatch, "no wheel of \(title) has a digest that the requirements allow: the index has \(seen)",
                context: [FailureContext("package", title)],
                hints: ["take the hashes anew, for example with 'uv pip compile --generate-hashes'"])
        }
        throw PythonError(
            .noMatchingWheel, "no wheel of \(title) runs on \(target): there is \(seen)",
            context: [FailureContext("package", title)],
            hints: [
                "the target takes \(summary), and pure Python wheels",
                "ask for another version of it, or take a base with another Python or a newer C library",
            ])
    }

    private var summary: String {
        let tags = (try? target.tags) ?? []
        return tags.prefix(3).map(\.description).joined(separator: ", ") + ", …"
    }

    private func candidate(_ file: PylockDocument.File, of package: PylockDocument.Package) throws(PythonError)
        -> ChosenWheel
    {
        let filename = try WheelFilename(file.fileName)
        return ChosenWheel(
            filename: filename, version: package.version ?? filename.version, url: url(of: file), size: file.size,
            digests: digests(of: file), allowed: allowedHashes[filename.name])
    }

    /// Where a file lies, without user information.
    func url(of file: PylockDocument.File) -> String {
        if let given = file.url { return URLCredentials.removed(from: given) }
        let path = directory.pushing(FilePath(file.path ?? "")).lexicallyNormalized().string
        return "file://" + PercentEncoding.path(path)
    }

    /// The digests of a file that we can check.
    func digests(of file: PylockDocument.File) -> [Digest] {
        (file.hashes ?? [:]).compactMap { algorithm, encoded in try? Digest("\(algorithm):\(encoded)") }
    }

    /// - Throws: `PythonError` (`needs_build`) if a package has no wheel at all.
    static func refuseSources(_ package: PylockDocument.Package) throws(PythonError) {
        guard package.wheelFiles.isEmpty else { return }
        let what: String
        switch (package.directory, package.vcs, package.sdist ?? package.archive) {
        case (let directory?, _, _): what = "a directory of sources (\(directory.path))"
        case (_, let vcs?, _): what = "a repository of sources (\(redacted(url: vcs.place)))"
        case (_, _, let sdist?): what = "a source distribution (\(sdist.fileName))"
        default: what = "no file at all"
        }
        let title = package.title
        throw PythonError(
            .needsBuild, "\(title) has no wheel: there is \(what)", context: [FailureContext("package", title)],
            hints: [
                PackageSource.permissionHint,
                "or build a wheel of it with 'uv build --wheel' and name its directory with --find-links",
                "or ask for a version of it that has a wheel",
            ])
    }
}

extension PylockDocument.Package {
    /// Name and version, for messages.
    var title: String { [name, version].compactMap(\.self).joined(separator: " ") }
}

/// What a package is installed from.
enum ChosenPackage: Sendable {
    /// A wheel of an index.
    case wheel(ChosenWheel)
    /// Sources.
    case source(ChosenSource, of: PylockDocument.Package)
}

/// A wheel that suits, as far as the index described it.
struct ChosenWheel: Sendable {
    let filename: WheelFilename
    let version: String
    let url: String
    let size: Int64?
    let digests: [Digest]
    /// The digests that the manifests allow; nil if they name none.
    let allowed: Set<Digest>?

    /// Its SHA-256, if the index told.
    var digest: Digest? { digests.first { $0.algorithm == .sha256 } }

    /// Whether the manifests allow it, as far as is known now.
    var isAllowed: Bool {
        guard let allowed, !digests.isEmpty else { return true }
        return !allowed.isDisjoint(with: digests)
    }

    /// Checks a digest that was found by reading the wheel.
    func check(_ found: Digest) throws(PythonError) {
        guard let allowed, allowed.isDisjoint(with: digests + [found]) else { return }
        throw PythonError(
            .hashMismatch, "'\(filename.text)' has digest \(found), which the requirements do not allow",
            context: [FailureContext("package", "\(filename.name) \(version)")],
            hints: ["take the hashes anew, for example with 'uv pip compile --generate-hashes'"])
    }
}
