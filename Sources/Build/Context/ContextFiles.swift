public import Content
import Diagnostics
public import OCI
public import Spec
public import SystemPackage

/// The files of a build context by path and digest: what the code layer is planned from.
public struct ContextFiles: Sendable {
    /// One file, directory or link of the context.
    public struct Item: Sendable, Hashable {
        /// The path relative to the context.
        public let path: String
        /// What stands there.
        public let kind: FileEntry.Kind
        /// Whether the owner may execute it.
        public let isExecutable: Bool
    }

    /// What it holds, sorted by path.
    public let items: [Item]
    /// What was passed over because a layer cannot hold it: sockets, pipes, devices.
    public let skipped: [String]
    /// Whether a `.dockerignore` was there; otherwise the usual patterns were used.
    public let hasIgnoreFile: Bool
    private let paths: [Digest: String]
    private let source: any ContextSource

    /// Lists and hashes a context.
    /// - Parameters:
    ///   - root: the directory.
    ///   - excluded: further patterns that are left out.
    /// - Throws: `BuildError` or `ContentError` with the path at fault.
    public init(_ root: FilePath, excluded: [String] = []) throws {
        guard let status = try FileSystem.status(root) else {
            throw BuildError(.invalidContext, "the context '\(root)' does not exist", hints: ["name a directory"])
        }
        guard status.kind == .directory else {
            throw BuildError(.invalidContext, "the context '\(root)' is not a directory", hints: ["name a directory"])
        }
        try self.init(DirectorySource(root: root), excluded: excluded)
    }

    /// Lists a context wherever its files are.
    public init(_ source: some ContextSource, excluded: [String] = []) throws {
        let ignoreText = try source.ignoreFile()
        hasIgnoreFile = ignoreText != nil
        var walk = Walk(
            source: source,
            ignore: try ignoreText.map { try IgnoreFile($0.text, name: $0.name) }
                ?? IgnoreFile(patterns: IgnoreFile.usual),
            excluded: try IgnoreFile(patterns: excluded))
        try walk.visit("")
        items = walk.items.sorted { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        skipped = walk.skipped
        paths = walk.paths
        self.source = source
    }

    /// Whether a file of the context has a digest.
    public func contains(_ digest: Digest) -> Bool { paths[digest] != nil }

    /// Opens a file of the context by its digest.
    public func open(_ digest: Digest) throws -> any RandomAccessReader {
        guard let path = paths[digest] else {
            throw BuildError(.invalidContext, "the context holds no file with digest \(digest)")
        }
        return try source.open(path)
    }
}

private struct Walk {
    let source: any ContextSource
    let ignore: IgnoreFile
    let excluded: IgnoreFile
    var items: [ContextFiles.Item] = []
    var skipped: [String] = []
    var paths: [Digest: String] = [:]

    mutating func visit(_ directory: String) throws {
        try Task.checkCancellation()
        for name in try source.names(in: directory) {
            let path = directory.isEmpty ? name : "\(directory)/\(name)"
            if excluded.excludes(path) { continue }
            let isIgnored = ignore.excludes(path)
            switch try source.kind(of: path) {
            case .directory:
                if isIgnored, ignore.prunes { continue }
                let before = items.count
                if !isIgnored { items.append(.init(path: path, kind: .directory, isExecutable: true)) }
                try visit(path)
                // A directory that is left out stands again where a pattern took something in it in again.
                if isIgnored, items.count > before {
                    items.append(.init(path: path, kind: .directory, isExecutable: true))
                }
            case .file where !isIgnored:
                let file = try source.file(path)
                paths[file.digest] = path
                items.append(
                    .init(
                        path: path, kind: .file(digest: file.digest, size: file.size), isExecutable: file.isExecutable))
            case .symbolicLink where !isIgnored:
                let target = try source.linkTarget(path)
                items.append(.init(path: path, kind: .symbolicLink(target: target), isExecutable: true))
            case .socket where !isIgnored, .other where !isIgnored: skipped.append(path)
            default: break
            }
        }
    }
}
