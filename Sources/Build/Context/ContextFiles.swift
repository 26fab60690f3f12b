public import Content
import Diagnostics
import Layers
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
        /// The permission bits.
        public let mode: UInt32

        /// Whether the owner may execute it.
        public var isExecutable: Bool { mode & 0o100 != 0 }
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
        try self.init(DirectorySource(context: root), excluded: excluded)
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

    /// Lists and hashes a directory by rules that are given: nothing else is left out.
    /// - Parameter ignoreFile: the text of an ignore file; nil leaves nothing out.
    public init(_ root: FilePath, ignoreFile: String?) throws {
        try self.init(
            DirectorySource(context: root), at: "",
            ignore: try ignoreFile.map { try IgnoreFile($0, name: ".dockerignore") } ?? IgnoreFile(patterns: []),
            excluded: try IgnoreFile(patterns: []))
    }

    /// Lists what of a context stands at a path, and below it.
    /// - Parameters:
    ///   - path: a file or a directory; the context itself is the empty path. Items keep their whole paths.
    ///   - ignore: what the context leaves out.
    ///   - excluded: what else is left out, by paths relative to `path`; of a file by its name.
    init(_ source: any ContextSource, at path: String, ignore: IgnoreFile, excluded: IgnoreFile) throws {
        hasIgnoreFile = true
        var walk = Walk(source: source, ignore: ignore, excluded: excluded, start: path)
        try walk.begin()
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
    /// Where the paths of `excluded` start.
    var start = ""
    var items: [ContextFiles.Item] = []
    var skipped: [String] = []
    var paths: [Digest: String] = [:]

    /// Lists what stands at the start.
    mutating func begin() throws {
        guard !start.isEmpty, try source.kind(of: start) != .directory else { return try visit(start) }
        guard !excluded.excludes(LayerPath.split(start).name) else { return }
        try take(start)
    }

    mutating func visit(_ directory: String) throws {
        try Task.checkCancellation()
        for name in try source.names(in: directory) {
            let path = LayerPath.joined(directory, name)
            let relative = start.isEmpty ? path : String(path.dropFirst(start.count + 1))
            if excluded.excludes(relative) { continue }
            try take(path)
        }
    }

    private mutating func take(_ path: String) throws {
        let isIgnored = ignore.excludes(path)
        switch try source.kind(of: path) {
        case .directory:
            if isIgnored, ignore.prunes { return }
            let before = items.count
            if !isIgnored { try add(directory: path) }
            try visit(path)
            // A directory that is left out stands again where a pattern took something in it in again.
            if isIgnored, items.count > before { try add(directory: path) }
        case .file where !isIgnored:
            let file = try source.file(path)
            paths[file.digest] = path
            items.append(.init(path: path, kind: .file(digest: file.digest, size: file.size), mode: file.mode))
        case .symbolicLink where !isIgnored:
            let target = try source.linkTarget(path)
            items.append(.init(path: path, kind: .symbolicLink(target: target), mode: 0o777))
        case .socket where !isIgnored, .other where !isIgnored: skipped.append(path)
        default: break
        }
    }

    private mutating func add(directory path: String) throws {
        items.append(.init(path: path, kind: .directory, mode: try source.mode(ofDirectory: path)))
    }
}
