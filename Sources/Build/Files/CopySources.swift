import Content
import Layers
import OCI
import Spec

/// What the sources of a COPY name in the place that they are copied from.
struct CopySources {
    /// The place.
    let context: any ContextSource
    /// What of it is left out.
    let ignore: IgnoreFile
    /// How messages name it: `the context`.
    let name: String
    /// What is said where it holds nothing of a name.
    var hints: [String] = []

    /// What a source names.
    struct Source {
        /// The path in the place, without links in it.
        var path: String
        /// The name that a file gets.
        var name: String
        /// The path with which `--parents` keeps it.
        var kept: String
        var isDirectory: Bool
    }

    /// Why a source cannot be copied.
    struct Problem: Error {
        var code: BuildErrorCode = .invalidSpec
        var message: String
        var hints: [String] = []
    }

    /// The files that a source names, without those that the ignore file leaves out.
    /// - Throws: `Problem`, and what the place throws.
    func found(_ named: NamedFiles) throws -> [Source] {
        // `a/./b` keeps what follows the dot alone.
        let start = named.path.firstRange(of: "/./").map { String(named.path[..<$0.lowerBound]) } ?? ""
        let whole = LayerPath.normalised(named.path)
        guard named.isPattern else {
            guard let source = try source(whole, after: start) else {
                throw Problem(code: .invalidContext, message: "\(name) holds no '\(whole)'", hints: hints)
            }
            return [source]
        }
        var paths = [""]
        for part in LayerPath.parts(whole) {
            guard let pattern = GlobPattern(part) else { throw Problem(message: "'\(part)' is not a pattern") }
            let isPlain = !NamedFiles.isPattern(part)
            paths = try paths.flatMap { directory -> [String] in
                guard try context.kind(of: directory) == .directory || directory.isEmpty else { return [] }
                return try context.names(in: directory).filter { isPlain ? $0 == part : pattern.matches($0) }
                    .map { LayerPath.joined(directory, $0) }
            }
        }
        return try paths.compactMap { try source($0, after: start) }
    }

    /// What stands at a source, and below it.
    func listed(_ source: Source, excluded: IgnoreFile) throws -> ContextFiles {
        try ContextFiles(context, at: source.path, ignore: ignore, excluded: excluded)
    }

    private func source(_ path: String, after start: String) throws -> Source? {
        let real = try followed(path)
        guard let kind = real.isEmpty ? .directory : try context.kind(of: real), kind != .symbolicLink else {
            return nil
        }
        let isDirectory = kind == .directory
        if !isDirectory, ignore.excludes(real) { return nil }
        if isDirectory, !real.isEmpty, ignore.excludes(real), ignore.prunes { return nil }
        return Source(
            path: real, name: LayerPath.split(path).name,
            kept: start.isEmpty ? path : String(path.dropFirst(start.count + 1)), isDirectory: isDirectory)
    }

    /// A path with its links followed, as if the place were the root.
    private func followed(_ path: String) throws -> String {
        var failure: (any Error)?
        let found = PathResolver.resolve(path) { path in
            do {
                guard failure == nil, try context.kind(of: path) == .symbolicLink else { return nil }
                return IndexedEntry(
                    path: path, kind: .symbolicLink, mode: 0o777, target: try context.linkTarget(path))
            } catch {
                failure = error
                return nil
            }
        }
        if let failure { throw failure }
        guard let found else { throw Problem(message: "'\(path)' is a loop of links in \(name)") }
        return found
    }
}
