import Content
import Diagnostics
import Layers
import OCI
import Spec

// What ADD does beyond COPY: archives are unpacked (BuildKit's `solver/llbsolver/file/unpack.go`, and the untar of
// moby/sys), and files of the network are put somewhere.

extension FileChanger {
    /// Unpacks a file into a directory if it is an archive.
    /// - Parameter owner: whose all of it becomes; nil keeps the archive's.
    /// - Returns: whether it was one.
    mutating func unpack(
        _ digest: Digest, named name: String, into directory: String, owner: (UInt32, UInt32)?,
        open: () throws -> any RandomAccessReader
    ) throws -> Bool {
        guard let cache else { throw problem("there is no place in which archives are unpacked") }
        let archive: UnpackedArchive
        do {
            archive = try ArchiveUnpacker(cache: cache).unpacked(digest, named: name, open: open)
        } catch let error as LayerError where error.blame == .request {
            throw problem(error.message, hints: error.hints)
        }
        guard archive.isArchive else { return false }
        try makeDirectories(directory, uid: owner?.0 ?? 0, gid: owner?.1 ?? 0)
        for entry in archive.entries where !entry.path.isEmpty {
            try put(entry, of: name, into: directory, owner: owner)
        }
        return true
    }

    private mutating func put(
        _ entry: UnpackedArchive.Entry, of name: String, into directory: String, owner: (UInt32, UInt32)?
    ) throws {
        // Links on the way are followed in the image, where they can lead to nothing else.
        func place(_ path: String) throws -> String {
            try resolved("/" + LayerPath.joined(directory, path), followsLast: false)
        }
        let path = try place(entry.path)
        try makeDirectories(LayerPath.split(path).directory)
        let (uid, gid) = owner ?? (entry.uid, entry.gid)
        let kind: ImageFiles.Node.Kind
        switch entry.kind {
        case .directory:
            if files[path]?.kind == .directory {
                return files.change(path, mode: entry.mode, uid: uid, gid: gid)
            }
            kind = .directory
        case .symbolicLink(let target): kind = .symbolicLink(target: target)
        case .hardLink(let target):
            guard let there = files[try place(target)], case .file = there.kind else {
                throw problem(
                    "'\(entry.path)' in '\(name)' is a hard link to '\(target)', which is no file that stands before it"
                )
            }
            kind = there.kind
        case .file(let member):
            contents.kept.keep(member)
            kind = .file(digest: member.digest, size: member.size)
        }
        if let there = files[path], there.kind == .directory || kind == .directory { files.remove(path) }
        let isLink = if case .symbolicLink = kind { true } else { false }
        try put(.init(kind: kind, mode: isLink ? 0o777 : entry.mode, uid: uid, gid: gid), at: path)
    }

    /// Puts a file of the network into the image.
    mutating func follow(_ download: FileDownload) throws {
        guard let cache, let member = downloads[download] else { throw problem("what it fetches is not at hand") }
        contents.kept.keep(member)
        let owner = try download.owner.map { try copyOwner($0) }
        let destination = try resolved(download.destination)
        let isDirectory = download.isIntoDirectory || files[destination]?.kind == .directory
        let name = download.name ?? "the file of the URL"
        if download.unpacks,
            try unpack(
                member.digest, named: name, into: destination, owner: owner, open: { try member.open(in: cache.blobs) })
        {
            return
        }
        var path = destination
        if isDirectory {
            guard let name = download.name else {
                throw problem(
                    "the URL names no file, and '\(download.destination)' is a directory",
                    hints: ["write the file's whole path as the destination"])
            }
            path = LayerPath.joined(destination, name)
        }
        guard files[path]?.kind != .directory else { throw problem("'/\(path)' is a directory") }
        let (uid, gid) = owner ?? (0, 0)
        try makeDirectories(LayerPath.split(path).directory, uid: uid, gid: gid)
        let mode = try download.mode.map { try modeChange($0).applied(to: 0o600, isDirectory: false) }
        try put(
            .init(kind: .file(digest: member.digest, size: member.size), mode: mode ?? 0o600, uid: uid, gid: gid),
            at: path)
    }
}
