import Content
import Diagnostics
import Layers
import OCI
import Spec

// COPY as BuildKit has it (its `solver/llbsolver/file`, and the copier of tonistiigi/fsutil).

extension FileChanger {
    /// Files of one COPY get an owner, and perhaps a mode.
    private struct Stamp {
        var uid: UInt32
        var gid: UInt32
        var mode: ModeChange?

        func node(_ kind: ImageFiles.Node.Kind, mode: UInt32) -> ImageFiles.Node {
            var mode = mode
            if let change = self.mode {
                switch kind {
                case .symbolicLink: break
                default: mode = change.applied(to: mode, isDirectory: kind == .directory)
                }
            }
            return .init(kind: kind, mode: mode, uid: uid, gid: gid)
        }
    }

    mutating func follow(_ copy: FileCopy) throws {
        let owner = try copy.owner.map { try copyOwner($0) } ?? (0, 0)
        let stamp = Stamp(uid: owner.0, gid: owner.1, mode: try copy.mode.map { try modeChange($0) })
        let excluded = try IgnoreFile(patterns: copy.excluded)
        var sources: [Source] = []
        for named in copy.sources { sources += try found(named) }
        guard !sources.isEmpty else {
            throw problem(
                "nothing in the context matches '\(copy.sources.map(\.path).joined(separator: " "))'",
                hints: ["patterns are those of .dockerignore, which may leave the files out"])
        }
        let destination = try resolved(copy.destination)
        let isDirectory = copy.isIntoDirectory || files[destination]?.kind == .directory
        guard sources.count == 1 || isDirectory else {
            throw problem(
                "\(sources.count) files cannot all become '\(copy.destination)'",
                hints: ["end the destination with a slash"])
        }
        for source in sources {
            let listed = try ContextFiles(context, at: source.path, ignore: ignore, excluded: excluded)
            keep(listed)
            var target = destination
            if copy.keepsParents {
                target = try makeParents(of: source, in: destination, stamp)
            } else if !source.isDirectory, isDirectory {
                target = LayerPath.joined(destination, source.name)
            }
            if source.isDirectory {
                try place(listed, from: source, at: target, stamp)
            } else if let item = listed.items.first {
                try makeDirectories(LayerPath.split(target).directory, uid: stamp.uid, gid: stamp.gid)
                try place(item, at: target, stamp)
            }
        }
    }

    // MARK: Sources

    /// What a source names.
    private struct Source {
        /// The path in the context, without links in it.
        var path: String
        /// The name that a file gets.
        var name: String
        /// The path with which `--parents` keeps it.
        var kept: String
        var isDirectory: Bool
    }

    /// The files that a source names, without those that the ignore file leaves out.
    private func found(_ named: NamedFiles) throws -> [Source] {
        // `a/./b` keeps what follows the dot alone.
        let start = named.path.firstRange(of: "/./").map { String(named.path[..<$0.lowerBound]) } ?? ""
        let whole = LayerPath.normalised(named.path)
        guard named.isPattern else {
            guard let source = try source(whole, after: start) else {
                throw problem(
                    "the context holds no '\(whole)'", code: .invalidContext, hints: ["or .dockerignore leaves it out"])
            }
            return [source]
        }
        var paths = [""]
        for part in LayerPath.parts(whole) {
            guard let pattern = GlobPattern(part) else { throw problem("'\(part)' is not a pattern") }
            let isPlain = !NamedFiles.isPattern(part)
            paths = try paths.flatMap { directory -> [String] in
                guard try context.kind(of: directory) == .directory || directory.isEmpty else { return [] }
                return try context.names(in: directory).filter { isPlain ? $0 == part : pattern.matches($0) }
                    .map { LayerPath.joined(directory, $0) }
            }
        }
        return try paths.compactMap { try source($0, after: start) }
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

    /// A path of the context with its links followed, as if the context were the root.
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
        guard let found else { throw problem("'\(path)' is a loop of links in the context") }
        return found
    }

    // MARK: Places

    /// Makes the directories that a source keeps, with the modes of the context's.
    /// - Returns: where the source goes.
    private mutating func makeParents(of source: Source, in destination: String, _ stamp: Stamp) throws -> String {
        try makeDirectories(destination, uid: stamp.uid, gid: stamp.gid)
        for directory in LayerPath.ancestors(of: source.kept) {
            let place = LayerPath.joined(destination, directory)
            guard files[place] == nil else { continue }
            // The start of the source's path that this directory is.
            let inContext = String(source.path.dropLast(source.kept.count)) + directory
            try put(stamp.node(.directory, mode: try context.mode(ofDirectory: inContext)), at: place)
        }
        return LayerPath.joined(destination, source.kept)
    }

    /// Puts what is in a directory to a place, which keeps mode and owner where it is there already.
    private mutating func place(_ listed: ContextFiles, from source: Source, at target: String, _ stamp: Stamp) throws {
        let target = try resolved("/" + target)
        try makeDirectories(LayerPath.split(target).directory, uid: stamp.uid, gid: stamp.gid)
        switch files[target]?.kind {
        case .directory: break
        case nil:
            let mode = source.path.isEmpty ? 0o755 : try context.mode(ofDirectory: source.path)
            try put(stamp.node(.directory, mode: mode), at: target)
        default: throw problem("'/\(target)' is a file, and '\(source.path)' a directory")
        }
        let start = source.path.isEmpty ? 0 : source.path.utf8.count + 1
        for item in listed.items {
            let relative = String(decoding: item.path.utf8.dropFirst(start), as: UTF8.self)
            try place(item, at: LayerPath.joined(target, relative), stamp)
        }
    }

    private mutating func place(_ item: ContextFiles.Item, at path: String, _ stamp: Stamp) throws {
        let there = files[path]
        switch item.kind {
        case .directory:
            let node = stamp.node(.directory, mode: item.mode)
            switch there?.kind {
            case .directory: files.change(path, mode: node.mode, uid: node.uid, gid: node.gid)
            case nil: try put(node, at: path)
            default: throw problem("'/\(path)' is no directory, and '\(item.path)' is one")
            }
        case .file(let digest, let size):
            guard there?.kind != .directory else {
                throw problem("'/\(path)' is a directory, and '\(item.path)' is none")
            }
            try put(stamp.node(.file(digest: digest, size: size), mode: item.mode), at: path)
        case .symbolicLink(let target):
            guard there?.kind != .directory else {
                throw problem("'/\(path)' is a directory, and '\(item.path)' is none")
            }
            try put(stamp.node(.symbolicLink(target: target), mode: 0o777), at: path)
        }
    }
}
