import Content
import Diagnostics
import OCI
import SystemPackage

/// The files of a directory of sources, by which it is known whether it changed.
///
/// What tools leave in such a directory is passed over (`ignored`), and of git what tells the commit and its tags, since
/// versions are made of these.
struct SourceTree: Sendable {
    /// Each file's path with what it holds.
    private let entries: [String: String]

    /// Reads a directory.
    init(_ root: FilePath) throws {
        var entries: [String: String] = [:]
        try Self.visit(root, "", &entries)
        for name in ["HEAD", "packed-refs"] {
            let path = root.appending(".git").appending(name)
            if try FileSystem.status(path)?.kind == .file { entries[".git/\(name)"] = try Self.content(path) }
        }
        let references = root.appending(".git").appending("refs")
        for kind in ["heads", "tags"] {
            let directory = references.appending(kind)
            guard try FileSystem.status(directory)?.kind == .directory else { continue }
            try Self.visit(directory, ".git/refs/\(kind)/", &entries)
        }
        self.entries = entries
    }

    /// The digest of all of it.
    var digest: Digest {
        get throws {
            var key = KeyBuilder(kind: "source-tree", formatVersion: 1)
            key.append(entries.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) { key, entry in
                key.append(entry.key)
                key.append(entry.value)
            }
            return try key.digest()
        }
    }

    /// Whether an earlier state of the directory has all that this one has, unchanged, and this one only more.
    func onlyAdds(to earlier: SourceTree) -> Bool { earlier.entries.allSatisfy { entries[$0.key] == $0.value } }

    /// The paths of a directory's files, relative to it, but for those that are passed over and for git's.
    static func files(in root: FilePath) throws -> [String] {
        var files: [String] = []
        try walk(root, "") { path, status in if status == .file { files.append(path) } }
        return files
    }

    /// Whether a directory is one that can be built.
    static func isProject(_ directory: FilePath) -> Bool {
        ["pyproject.toml", "setup.py", "setup.cfg"].contains { FileSystem.exists(directory.appending($0)) }
    }

    /// Whether a file's name is one of a file of sources.
    static func isArchive(_ name: String) -> Bool {
        [".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz"].contains(where: name.hasSuffix)
    }

    private static let ignored: Set<String> = [
        ".git", ".hg", ".svn", "__pycache__", ".venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache",
        "node_modules",
    ]

    private static func visit(_ directory: FilePath, _ start: String, _ entries: inout [String: String]) throws {
        try walk(directory, "") { name, kind in
            let path = directory.pushing(FilePath(name))
            switch kind {
            case .file:
                let mode = try FileSystem.status(path)?.mode ?? 0
                entries[start + name] = "\(mode & 0o100 == 0 ? "" : "executable ")\(try content(path))"
            case .symbolicLink: entries[start + name] = "to \(try FileSystem.linkTarget(path))"
            default: break
            }
        }
    }

    private static func walk(
        _ directory: FilePath, _ start: String, _ body: (_ path: String, _ kind: FileStatus.Kind) throws -> Void
    ) throws {
        try Task.checkCancellation()
        for name in try FileSystem.names(in: directory) where !ignored.contains(name) && !name.hasSuffix(".pyc") {
            guard let status = try FileSystem.status(directory.appending(name), followingLinks: false) else { continue }
            if status.kind == .directory {
                try walk(directory.appending(name), "\(start)\(name)/", body)
            } else {
                try body(start + name, status.kind)
            }
        }
    }

    private static func content(_ path: FilePath) throws -> String {
        let digester = try Digester()
        try FileReader(path).forEachChunk { digester.update($0) }
        return digester.finish().description
    }
}
