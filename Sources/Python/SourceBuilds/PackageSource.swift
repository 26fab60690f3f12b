public import OCI

/// What a package was built from that has no wheel of its own, as a lock names it (PEP 751): fixed where it can be, and
/// the same on every machine.
public enum PackageSource: Sendable, Hashable, Codable {
    /// A source distribution of an index.
    case sdist(SourceArchive)
    /// A file of sources that a requirement names by its URL or path.
    case archive(SourceArchive)
    /// A commit of a git repository.
    case git(GitSource)
    /// A directory of this machine.
    case directory(SourceDirectory)
}

/// A file of sources.
public struct SourceArchive: Sendable, Hashable, Codable {
    /// The file's name, whose end says how it is packed.
    public var filename: String
    /// Where it lies: `https://…`, `http://…` or `file:///…`, without user information.
    public var url: String
    /// The length in bytes, where the index told it.
    public var size: Int64?
    /// The digest of the file.
    public var digest: Digest

    /// Takes the parts.
    public init(filename: String, url: String, size: Int64?, digest: Digest) {
        self.filename = filename
        self.url = url
        self.size = size
        self.digest = digest
    }
}

/// A commit of a git repository.
public struct GitSource: Sendable, Hashable, Codable {
    /// The repository: `https://…`, `ssh://…` or `file:///…`. It holds no password; over ssh the user is part of the
    /// address.
    public var url: String
    /// The branch or tag that was asked for.
    public var revision: String?
    /// The commit, in hexadecimal digits.
    public var commit: String
    /// The directory of the project in it, if it is not the top.
    public var subdirectory: String?

    /// Takes the parts.
    public init(url: String, revision: String?, commit: String, subdirectory: String?) {
        self.url = url
        self.revision = revision
        self.commit = commit
        self.subdirectory = subdirectory
    }

    /// A repository's address without what is secret in it.
    static func withoutSecrets(_ url: String) -> String {
        let plain = URLCredentials.removed(from: url)
        guard plain != url, url.lowercased().hasPrefix("ssh://") else { return plain }
        let user = url.dropFirst("ssh://".count).prefix { !":@/".contains($0) }
        return "ssh://\(user)@" + plain.dropFirst("ssh://".count)
    }
}

/// A directory of sources.
public struct SourceDirectory: Sendable, Hashable, Codable {
    /// Where it is: absolute, or relative to a place that the lock's holder knows.
    public var path: String
    /// Whether its files were to be used where they are, which an image cannot do.
    public var isEditable: Bool

    /// Takes the parts.
    public init(path: String, isEditable: Bool) {
        self.path = path
        self.isEditable = isEditable
    }
}

extension PackageSource {
    /// Whether its files were to be used where they are.
    public var isEditable: Bool {
        if case .directory(let directory) = self { directory.isEditable } else { false }
    }

    /// The same with another place of what lies on this machine.
    /// - Parameters:
    ///   - url: what becomes of the URL of a file.
    ///   - path: what becomes of the path of a directory.
    func moved(url: (String) -> String, path: (String) -> String) -> PackageSource {
        switch self {
        case .sdist(var archive):
            archive.url = url(archive.url)
            return .sdist(archive)
        case .archive(var archive):
            archive.url = url(archive.url)
            return .archive(archive)
        case .git: return self
        case .directory(var directory):
            directory.path = path(directory.path)
            return .directory(directory)
        }
    }
}

extension PackageSource {
    /// What to do where only wheels are installed.
    static let permissionHint =
        "only wheels are installed here: --allow-source-builds, or 'allow_source_builds' in the policy of a server's "
        + "project, has them built from their sources, which runs code of theirs"
}
