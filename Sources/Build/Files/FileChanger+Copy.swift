import Content
import Diagnostics
import Layers
import OCI
import Spec

// COPY as BuildKit has it (its `solver/llbsolver/file`, and the copier of tonistiigi/fsutil).

extension FileChanger {
    /// Files of one COPY get an owner, or keep that of their stage, and perhaps a mode.
    private struct Stamp {
        /// Whose they become; nil leaves them whose they are.
        var owner: (uid: UInt32, gid: UInt32)?
        var mode: ModeChange?

        /// Whose the directories on the way become.
        var uid: UInt32 { owner?.uid ?? 0 }
        var gid: UInt32 { owner?.gid ?? 0 }

        func node(
            _ kind: ImageFiles.Node.Kind, mode: UInt32, of theirs: (uid: UInt32, gid: UInt32) = (0, 0)
        ) -> ImageFiles.Node {
            var mode = mode
            let (uid, gid) = owner ?? theirs
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
        let owner = try copy.owner.map { try copyOwner($0) }
        let stamp = Stamp(owner: owner.map { ($0.0, $0.1) }, mode: try copy.mode.map { try modeChange($0) })
        let excluded = try IgnoreFile(patterns: copy.excluded)
        let place = try place(of: copy.origin)
        do {
            var sources: [CopySources.Source] = []
            var isDone = false
            for named in copy.sources {
                if let stage = place.context as? StageSource, try takePackages(named, of: stage, copy) {
                    isDone = true
                    continue
                }
                sources += try place.found(named)
            }
            if isDone, sources.isEmpty { return }
            try put(sources, of: place, copy, excluded: excluded, stamp)
        } catch let error as CopySources.Problem {
            throw problem(error.message, code: error.code, hints: error.hints)
        }
    }

    /// Where a copy takes its files from.
    private func place(of origin: FileOrigin?) throws -> CopySources {
        guard let origin else {
            return CopySources(
                context: context, ignore: ignore, name: "the context", hints: ["or .dockerignore leaves it out"])
        }
        guard let stage = origins[origin] else { throw problem("the files that it takes are not at hand") }
        return CopySources(context: stage, ignore: try IgnoreFile(patterns: []), name: stage.name)
    }

    private mutating func put(
        _ sources: [CopySources.Source], of place: CopySources, _ copy: FileCopy, excluded: IgnoreFile, _ stamp: Stamp
    ) throws {
        guard !sources.isEmpty else {
            throw problem(
                "nothing in \(place.name) matches '\(copy.sources.map(\.path).joined(separator: " "))'",
                hints: copy.origin == nil ? ["patterns are those of .dockerignore, which may leave the files out"] : [])
        }
        let destination = try resolved(copy.destination)
        let isDirectory = copy.isIntoDirectory || files[destination]?.kind == .directory
        guard sources.count == 1 || isDirectory else {
            throw problem(
                "\(sources.count) files cannot all become '\(copy.destination)'",
                hints: ["end the destination with a slash"])
        }
        for source in sources {
            let listed = try place.listed(source, excluded: excluded)
            keep(listed)
            if copy.unpacks == true, !source.isDirectory, let item = listed.items.first,
                try unpack(item, of: listed, copy, into: destination, stamp)
            {
                continue
            }
            var target = destination
            if copy.keepsParents {
                target = try makeParents(of: source, of: place, in: destination, stamp)
            } else if !source.isDirectory, isDirectory {
                target = LayerPath.joined(destination, source.name)
            }
            if source.isDirectory {
                try put(listed, from: source, of: place, at: target, stamp)
            } else if let item = listed.items.first {
                try makeDirectories(LayerPath.split(target).directory, uid: stamp.uid, gid: stamp.gid)
                try put(item, of: place, at: target, stamp)
            }
        }
    }

    /// Unpacks a file into the destination if it is an archive.
    private mutating func unpack(
        _ item: ContextFiles.Item, of listed: ContextFiles, _ copy: FileCopy, into directory: String, _ stamp: Stamp
    ) throws -> Bool {
        guard case .file(let digest, let size) = item.kind, size > 0 else { return false }
        let owner = copy.owner == nil ? nil : (stamp.uid, stamp.gid)
        let isUnpacked = try unpack(digest, named: item.path, into: directory, owner: owner) {
            try listed.open(digest)
        }
        guard !isUnpacked || (copy.mode == nil && copy.excluded.isEmpty && !copy.keepsParents) else {
            throw problem(
                "'\(item.path)' is an archive, which is unpacked as it is",
                hints: ["leave out --chmod, --exclude and --parents, or add it whole by --unpack=false"])
        }
        return isUnpacked
    }

    // MARK: Places

    /// Makes the directories that a source keeps, with the modes of the context's.
    /// - Returns: where the source goes.
    private mutating func makeParents(
        of source: CopySources.Source, of place: CopySources, in destination: String, _ stamp: Stamp
    ) throws -> String {
        try makeDirectories(destination, uid: stamp.uid, gid: stamp.gid)
        for directory in LayerPath.ancestors(of: source.kept) {
            let target = LayerPath.joined(destination, directory)
            guard files[target] == nil else { continue }
            // The start of the source's path that this directory is.
            let inContext = String(source.path.dropLast(source.kept.count)) + directory
            let node = stamp.node(
                .directory, mode: try place.context.mode(ofDirectory: inContext),
                of: place.context.owner(of: inContext))
            try put(node, at: target)
        }
        return LayerPath.joined(destination, source.kept)
    }

    /// Puts what is in a directory to a place, which keeps mode and owner where it is there already.
    private mutating func put(
        _ listed: ContextFiles, from source: CopySources.Source, of place: CopySources, at target: String,
        _ stamp: Stamp
    ) throws {
        let target = try resolved("/" + target)
        try makeDirectories(LayerPath.split(target).directory, uid: stamp.uid, gid: stamp.gid)
        switch files[target]?.kind {
        case .directory: break
        case nil:
            // Of a stage its content alone is taken, and the directory is a new one.
            let isNew = source.path.isEmpty || place.context is StageSource
            let mode = isNew ? 0o755 : try place.context.mode(ofDirectory: source.path)
            try put(stamp.node(.directory, mode: mode), at: target)
        default: throw problem("'/\(target)' is a file, and '\(source.path)' a directory")
        }
        let start = source.path.isEmpty ? 0 : source.path.utf8.count + 1
        for item in listed.items {
            let relative = String(decoding: item.path.utf8.dropFirst(start), as: UTF8.self)
            try put(item, of: place, at: LayerPath.joined(target, relative), stamp)
        }
    }

    private mutating func put(
        _ item: ContextFiles.Item, of place: CopySources, at path: String, _ stamp: Stamp
    ) throws {
        let there = files[path]
        let theirs = place.context.owner(of: item.path)
        switch item.kind {
        case .directory:
            let node = stamp.node(.directory, mode: item.mode, of: theirs)
            switch there?.kind {
            case .directory: files.change(path, mode: node.mode, uid: node.uid, gid: node.gid)
            case nil: try put(node, at: path)
            default: throw problem("'/\(path)' is no directory, and '\(item.path)' is one")
            }
        case .file(let digest, let size):
            guard there?.kind != .directory else {
                throw problem("'/\(path)' is a directory, and '\(item.path)' is none")
            }
            let node = stamp.node(.file(digest: digest, size: size), mode: item.mode, of: theirs)
            // What a stage has of the same base, and the image has there, is no matter of a layer.
            if let there, there.kind == .baseFile, baseDigests[PathKey(path)] == digest,
                (there.mode, there.uid, there.gid) == (node.mode, node.uid, node.gid)
            {
                return
            }
            try put(node, at: path)
        case .symbolicLink(let target):
            guard there?.kind != .directory else {
                throw problem("'/\(path)' is a directory, and '\(item.path)' is none")
            }
            let node = stamp.node(.symbolicLink(target: target), mode: 0o777, of: theirs)
            if let there, place.context is StageSource, there.layer == nil, there.kind == node.kind,
                (there.uid, there.gid) == (node.uid, node.gid)
            {
                return
            }
            try put(node, at: path)
        }
    }
}
