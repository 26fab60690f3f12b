import Content
import Diagnostics
import Layers
import OCI
import Spec

// What a shell's commands do: `mkdir`, `ln -s`, `touch`, `echo >`, `rm`, `chmod` and `chown`, as GNU's have it.

extension FileChanger {
    mutating func make(_ directory: NewDirectory) throws(BuildError) {
        let path = try resolved(directory.path)
        let mode = try directory.mode.map { text throws(BuildError) in
            try modeChange(text).applied(to: 0o777, isDirectory: true)
        }
        guard files[path]?.kind != .directory else {
            guard directory.makesParents else { throw problem("'\(directory.path)' is there already") }
            return
        }
        if !directory.makesParents { try requireDirectory(of: path) }
        try makeDirectories(path, mode: mode ?? 0o755)
    }

    mutating func make(_ link: NewLink) throws(BuildError) {
        var path = try resolved(link.path, followsLast: false)
        let end = link.isPlaceItself ? path : try resolved(link.path)
        if files[end]?.kind == .directory {
            let name = LayerPath.split(LayerPath.normalised(link.target)).name
            path = LayerPath.joined(end, name)
        }
        try requireDirectory(of: path)
        if let there = files[path] {
            guard link.replaces else { throw problem("'/\(path)' is there already", hints: ["-f replaces it"]) }
            guard there.kind != .directory else { throw problem("'/\(path)' is a directory") }
        }
        try put(.init(kind: .symbolicLink(target: link.target), mode: 0o777), at: path)
    }

    mutating func touch(_ text: String) throws {
        let path = try resolved(text)
        guard files[path] == nil else { return }
        try requireDirectory(of: path)
        try replace(path, by: [], mode: 0o644)
    }

    mutating func write(_ text: FileText) throws {
        var path = try resolved(text.path)
        if let name = text.name, files[path]?.kind == .directory || text.path.hasSuffix("/") {
            path = LayerPath.joined(path, name)
        }
        guard files[path]?.kind != .directory else { throw problem("'/\(path)' is a directory") }
        var bytes = Array(text.text.utf8)
        guard !text.makesParents else {
            // A file of COPY is a new one, whatever was there.
            let owner = try text.owner.map { try copyOwner($0) } ?? (0, 0)
            let mode = try text.mode.map { try modeChange($0).applied(to: 0o644, isDirectory: false) }
            try makeDirectories(LayerPath.split(path).directory, uid: owner.0, gid: owner.1)
            let digest = try contents.texts.keep(bytes)
            return try put(
                .init(
                    kind: .file(digest: digest, size: Int64(bytes.count)), mode: mode ?? 0o644, uid: owner.0,
                    gid: owner.1), at: path)
        }
        try requireDirectory(of: path)
        if text.appends, files[path] != nil {
            guard let before = try content(path) else {
                throw problem(
                    "'/\(path)' is a file of the base, whose content is not at hand",
                    hints: ["COPY a whole file there"])
            }
            bytes = before + bytes
        }
        try replace(path, by: bytes, mode: 0o644)
    }

    mutating func remove(_ removal: FileRemoval) throws(BuildError) {
        for named in removal.files {
            for text in try expanded(named) {
                let path = try resolved(text, followsLast: false)
                guard let there = files[path] else {
                    guard removal.isForced else { throw problem("there is no '\(text)'", hints: ["-f passes over it"]) }
                    continue
                }
                guard !path.isEmpty else { throw problem("'\(text)' is the whole image") }
                if there.kind == .directory, !removal.isRecursive {
                    throw problem("'\(text)' is a directory", hints: ["-r removes it with all that is in it"])
                }
                try refusePackages(path, isRecursive: true)
                files.remove(path)
            }
        }
    }

    mutating func changeModes(_ assignment: ModeAssignment) throws(BuildError) {
        let change = try modeChange(assignment.mode)
        let isRecursive = assignment.isRecursive
        // Of packages nothing has to be changed that is so already.
        let leavesPackages = [(0o644, false), (0o755, false), (0o755, true)].allSatisfy { mode, isDirectory in
            change.applied(to: UInt32(mode), isDirectory: isDirectory) == UInt32(mode)
        }
        let roots = try roots(
            assignment.files, isRecursive: isRecursive, followsLinks: true, sparesEnvironments: leavesPackages)
        for path in isRecursive ? withDescendants(roots) : roots {
            guard let node = files[path] else { continue }
            if case .symbolicLink = node.kind { continue }
            var mode = change.applied(to: node.mode, isDirectory: node.kind == .directory)
            // A number of up to four digits leaves a directory's set bits alone.
            if node.kind == .directory, assignment.mode.first?.isNumber == true, assignment.mode.count <= 4 {
                mode |= node.mode & 0o6000
            }
            try changeStatus(path, node, mode: mode, uid: node.uid, gid: node.gid, "its mode")
        }
    }

    mutating func changeOwners(_ assignment: OwnerAssignment) throws {
        let (uid, gid) = try commandOwner(assignment.owner)
        let isRecursive = assignment.isRecursive
        let roots = try roots(
            assignment.files, isRecursive: isRecursive, followsLinks: !assignment.changesLinks && !isRecursive,
            sparesEnvironments: true)
        if isRecursive {
            given += roots.map { GivenTree(path: $0, uid: uid, gid: gid, environments: environments(in: $0)) }
                .filter { !$0.environments.isEmpty }
        }
        for path in isRecursive ? withDescendants(roots) : roots {
            guard let node = files[path] else { continue }
            // Who gives a program away takes its set bits (chown(2)).
            var mode = node.mode
            if case .file = node.kind { mode &= mode & 0o010 == 0 ? ~0o4000 : ~0o6000 }
            try changeStatus(path, node, mode: mode, uid: uid ?? node.uid, gid: gid ?? node.gid, "its owner")
        }
    }

    private mutating func changeStatus(
        _ path: String, _ node: ImageFiles.Node, mode: UInt32, uid: UInt32, gid: UInt32, _ what: String
    ) throws(BuildError) {
        guard (node.mode, node.uid, node.gid) != (mode, uid, gid) else { return }
        guard node.kind != .baseFile else {
            throw problem(
                "'/\(path)' is a file of the base, and changing \(what) would copy it into a layer",
                hints: ["name the files that the Dockerfile itself brings"])
        }
        files.change(path, mode: mode, uid: uid, gid: gid)
    }

    private func withDescendants(_ roots: [String]) -> [String] { roots.flatMap { [$0] + files.descendants(of: $0) } }

    /// What a command means.
    /// - Parameter sparesEnvironments: whether environments of packages may be below.
    private func roots(
        _ named: [NamedFiles], isRecursive: Bool, followsLinks: Bool, sparesEnvironments: Bool
    ) throws(BuildError) -> [String] {
        var found: [String] = []
        for named in named {
            for text in try expanded(named) {
                let path = try resolved(text, followsLast: followsLinks)
                let spared = isRecursive && sparesEnvironments ? environments(in: path) : []
                guard !path.isEmpty || !isRecursive else {
                    throw problem("'\(text)' is the whole image, and files of the base stay as they are")
                }
                try refusePackages(path, isRecursive: isRecursive, but: spared)
                guard files[path] != nil || !spared.isEmpty else { throw problem("there is no '\(text)'") }
                found.append(path)
            }
        }
        return found
    }
}
