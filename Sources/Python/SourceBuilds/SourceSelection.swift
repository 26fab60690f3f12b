import Diagnostics
import OCI
import SystemPackage

/// What a package that has no wheel for the target would be built from, as far as the index described it.
enum ChosenSource: Sendable {
    /// A file, whose digest may have to be found by reading it.
    case file(ChosenArchive)
    /// A tree that is known as it is.
    case tree(PackageSource)
}

/// A file of sources that suits.
struct ChosenArchive: Sendable {
    /// The file's name.
    let filename: String
    /// Where it lies, without user information.
    let url: String
    /// The length in bytes, if the index told it.
    let size: Int64?
    /// The digests that the index told.
    let digests: [Digest]
    /// The digests that the manifests allow; nil if they name none.
    let allowed: Set<Digest>?
    /// Whether an index offers it as a source distribution.
    let isDistribution: Bool

    /// Its SHA-256, if the index told.
    var digest: Digest? { digests.first { $0.algorithm == .sha256 } }

    /// The source, once its digest is known.
    /// - Throws: `PythonError` (`hash_mismatch`) where the manifests do not allow it.
    func source(digest found: Digest, size: Int64?) throws(PythonError) -> PackageSource {
        if let allowed, allowed.isDisjoint(with: digests + [found]) {
            throw PythonError(
                .hashMismatch, "'\(filename)' has digest \(found), which the requirements do not allow",
                hints: ["take the hashes anew, for example with 'uv pip compile --generate-hashes'"])
        }
        let archive = SourceArchive(filename: filename, url: url, size: size, digest: found)
        return isDistribution ? .sdist(archive) : .archive(archive)
    }
}

extension WheelSelection {
    /// What a package is built from.
    /// - Throws: `PythonError` (`invalid_lock`, `needs_build`) with the package.
    func source(of package: PylockDocument.Package) throws(PythonError) -> ChosenSource {
        if let tree = package.directory {
            let path = directory.pushing(FilePath(tree.path)).pushing(FilePath(tree.subdirectory ?? ""))
            return .tree(
                .directory(
                    SourceDirectory(path: path.lexicallyNormalized().string, isEditable: tree.editable ?? false)))
        }
        if let repository = package.vcs { return .tree(.git(try git(repository, of: package))) }
        guard let file = package.sdist ?? package.archive else {
            throw PythonError(
                .needsBuild, "\(package.title) has no file at all", context: [FailureContext("package", package.title)])
        }
        guard file.subdirectory == nil else {
            throw PythonError(
                .needsBuild, "\(package.title) is a directory of the archive '\(file.fileName)', which cannot be built",
                context: [FailureContext("package", package.title)],
                hints: ["name the repository itself: git+https://…#subdirectory=…"])
        }
        let name = file.fileName
        // It becomes the name of a file in a directory of ours.
        guard !name.isEmpty, !name.contains("/"), !name.utf8.contains(0), name != "..", name != "." else {
            throw PythonError(
                .invalidLock, "'\(redacted(url: name))' is not the name of a file of sources",
                context: [FailureContext("package", package.title)])
        }
        return .file(
            ChosenArchive(
                filename: name, url: url(of: file), size: file.size, digests: digests(of: file),
                allowed: allowedHashes[normalizedName(package.name)], isDistribution: package.sdist != nil))
    }

    private func git(
        _ repository: PylockDocument.Repository, of package: PylockDocument.Package
    ) throws(PythonError) -> GitSource {
        let url =
            repository.url.map(GitSource.withoutSecrets)
            ?? "file://" + PercentEncoding.path(directory.pushing(FilePath(repository.path ?? "")).string)
        let commit = repository.commitID ?? ""
        func refuse(_ why: String) -> PythonError {
            PythonError(.invalidLock, why, context: [FailureContext("package", package.title)])
        }
        guard repository.type == nil || repository.type == "git" else {
            throw refuse("'\(repository.type ?? "")' is no kind of repository that can be read: git is")
        }
        guard ["https://", "http://", "ssh://", "git://", "file://"].contains(where: url.lowercased().hasPrefix) else {
            throw refuse("'\(redacted(url: url))' is not the address of a git repository")
        }
        // It becomes an argument of git's.
        guard [40, 64].contains(commit.utf8.count), commit.utf8.allSatisfy(\.isHexadecimal) else {
            throw refuse("'\(commit)' is not a commit of git")
        }
        let subdirectory = repository.subdirectory.map { FilePath($0).lexicallyNormalized() }
        guard subdirectory.map({ !$0.isAbsolute && $0.components.first?.kind != .parentDirectory }) ?? true else {
            throw refuse("'\(repository.subdirectory ?? "")' is no directory of the repository")
        }
        return GitSource(
            url: url, revision: repository.requestedRevision, commit: commit,
            subdirectory: subdirectory.flatMap { $0.isEmpty ? nil : $0.string })
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }
}
