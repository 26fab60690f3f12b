public import Content
import Diagnostics
public import OCI
import SystemPackage

/// Where the files of a context are: a directory, or a list of them by path and digest. Paths are relative to the context.
public protocol ContextSource: Sendable {
    /// The names in a directory, in byte order; the context itself is the empty path.
    func names(in directory: String) throws -> [String]
    /// What stands at a path; nil if nothing does any more.
    func kind(of path: String) throws -> FileStatus.Kind?
    /// A file's content by its digest, its size in bytes, and its permission bits.
    func file(_ path: String) throws -> (digest: Digest, size: Int64, mode: UInt32)
    /// A directory's permission bits.
    func mode(ofDirectory path: String) throws -> UInt32
    /// Whose a file, a directory or a link is, user and group.
    func owner(of path: String) -> (uid: UInt32, gid: UInt32)
    /// Where a symbolic link leads, as it is written.
    func linkTarget(_ path: String) throws -> String
    /// Opens a file.
    func open(_ path: String) throws -> any RandomAccessReader
    /// The text of `.dockerignore`, and how messages name the file; nil where there is none.
    func ignoreFile() throws -> (text: String, name: String)?
}

extension ContextSource {
    /// What a client sends is root's, whoever has it there.
    public func owner(of path: String) -> (uid: UInt32, gid: UInt32) { (0, 0) }
}

/// A context that is a directory.
struct DirectorySource: ContextSource {
    let root: FilePath

    /// - Throws: `BuildError` (`invalid_context`) where there is no such directory.
    init(context root: FilePath) throws {
        guard let status = try FileSystem.status(root) else {
            throw BuildError(.invalidContext, "the context '\(root)' does not exist", hints: ["name a directory"])
        }
        guard status.kind == .directory else {
            throw BuildError(.invalidContext, "the context '\(root)' is not a directory", hints: ["name a directory"])
        }
        self.root = root
    }

    func names(in directory: String) throws -> [String] {
        try FileSystem.names(in: directory.isEmpty ? root : root.appending(directory))
    }

    func kind(of path: String) throws -> FileStatus.Kind? {
        try FileSystem.status(root.appending(path), followingLinks: false)?.kind
    }

    func file(_ path: String) throws -> (digest: Digest, size: Int64, mode: UInt32) {
        let path = root.appending(path)
        let digester = try Digester()
        try FileReader(path).forEachChunk { digester.update($0) }
        let size = digester.count
        let mode = try FileSystem.status(path)?.mode ?? 0
        return (digester.finish(), size, mode & 0o7777)
    }

    func mode(ofDirectory path: String) throws -> UInt32 {
        (try FileSystem.status(path.isEmpty ? root : root.appending(path))?.mode ?? 0o755) & 0o7777
    }

    func linkTarget(_ path: String) throws -> String { try FileSystem.linkTarget(root.appending(path)) }

    func open(_ path: String) throws -> any RandomAccessReader { try FileReader(root.appending(path)) }

    func ignoreFile() throws -> (text: String, name: String)? {
        let path = root.appending(".dockerignore")
        guard FileSystem.exists(path) else { return nil }
        return (String(decoding: try FileSystem.read(path, limit: 1 << 20), as: UTF8.self), path.string)
    }
}
