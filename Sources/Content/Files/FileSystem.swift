public import Diagnostics
import Glibc
public import SystemPackage

/// The file system calls that we make, each failing with the path and the system's own words.
public enum FileSystem {
    /// Makes a directory and its missing parents.
    public static func makeDirectory(_ path: FilePath) throws(ContentError) {
        if mkdir(path.string, 0o777) == 0 { return }
        switch errno {
        case EEXIST:
            guard try status(path)?.kind == .directory else {
                throw ContentError(.fileSystem, "'\(path)' is in the way: it is not a directory")
            }
        case ENOENT where path.lastComponent != nil && path.removingLastComponent() != path:
            let parent = path.removingLastComponent()
            guard !parent.isEmpty else { throw failure("create the directory", path) }
            try makeDirectory(parent)
            guard mkdir(path.string, 0o777) == 0 || errno == EEXIST else { throw failure("create the directory", path) }
        default: throw failure("create the directory", path)
        }
    }

    /// What is at a path, or nil if nothing is.
    /// - Parameter followingLinks: whether a symbolic link stands for its target.
    public static func status(_ path: FilePath, followingLinks: Bool = true) throws(ContentError) -> FileStatus? {
        var result = stat()
        let code = followingLinks ? stat(path.string, &result) : lstat(path.string, &result)
        if code == 0 { return FileStatus(result) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw failure("look at", path)
    }

    /// Whether something is at a path.
    public static func exists(_ path: FilePath) -> Bool { access(path.string, F_OK) == 0 }

    /// The names in a directory, in byte order and without `.` and `..`.
    public static func names(in directory: FilePath) throws(ContentError) -> [String] {
        guard let stream = opendir(directory.string) else { throw failure("list", directory) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            // The end and an error look alike but for errno.
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw failure("list", directory) }
                break
            }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    (validated: String(validatingCString: text), shown: String(cString: text))
                }
            }
            guard let name = name.validated else {
                throw ContentError(
                    .fileSystem, "the name '\(name.shown)' in '\(directory)' is not UTF-8",
                    hints: ["rename the file; an image's names are UTF-8"])
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// Where a symbolic link points, as it is written.
    public static func linkTarget(_ path: FilePath) throws(ContentError) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let length = readlink(path.string, &buffer, buffer.count)
        guard length >= 0 else { throw failure("read the link", path) }
        let target = buffer[..<length].map { UInt8(bitPattern: $0) }
        guard let text = String(validating: target, as: UTF8.self) else {
            throw ContentError(
                .fileSystem,
                "the target '\(String(decoding: target, as: UTF8.self))' of the link '\(path)' is not UTF-8",
                hints: ["make the link anew; an image's names are UTF-8"])
        }
        return text
    }

    /// Renames, replacing what is there.
    public static func rename(_ from: FilePath, to destination: FilePath) throws(ContentError) {
        guard Glibc.rename(from.string, destination.string) == 0 else {
            throw failure("rename '\(from)' to", destination)
        }
    }

    /// Removes a file; nothing there is fine.
    public static func remove(_ path: FilePath) throws(ContentError) {
        guard unlink(path.string) == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    /// Removes a directory with all that it holds; nothing there is fine.
    public static func removeTree(_ path: FilePath) throws(ContentError) {
        guard let status = try status(path, followingLinks: false) else { return }
        guard status.kind == .directory else { return try remove(path) }
        for name in try names(in: path) { try removeTree(path.appending(name)) }
        guard rmdir(path.string) == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    /// Makes a directory with a name of its own.
    /// - Parameter prefix: where, and how the name starts.
    public static func makeTemporaryDirectory(prefix: FilePath) throws(ContentError) -> FilePath {
        var template = Array((prefix.string + "XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw failure("create a temporary directory at", prefix) }
        return FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// The content of a small file.
    /// - Parameter limit: in bytes; a longer file is refused.
    public static func read(_ path: FilePath, limit: Int = 64 << 20) throws -> [UInt8] {
        try FileReader(path).readAll(limit: limit)
    }

    /// Writes a small file: the whole of it appears under its name, or nothing.
    /// - Parameter durably: whether that holds for a crash of the machine, too.
    public static func write(
        _ bytes: some Sequence<UInt8>, to path: FilePath, mode: UInt32 = 0o666, durably: Bool = true
    )
        throws(ContentError)
    {
        let file = try TemporaryFile(besides: path, mode: mode)
        try file.write(Array(bytes))
        try file.commit(to: path, durably: durably)
    }

    /// Writes a small file unless something has its name already: of several who try, one does.
    /// - Returns: whether this call did.
    @discardableResult
    public static func create(_ bytes: [UInt8], at path: FilePath, mode: UInt32 = 0o666) throws(ContentError) -> Bool {
        let file = try TemporaryFile(besides: path, mode: mode)
        try file.write(bytes)
        return try file.commit(toNew: path)
    }

    /// Gives a file a second name.
    /// - Returns: whether it did: not where the file has as many names as it may, or the device is another.
    public static func link(_ path: FilePath, to second: FilePath) throws(ContentError) -> Bool {
        if Glibc.link(path.string, second.string) == 0 { return true }
        if [EMLINK, EXDEV, EPERM].contains(errno) { return false }
        throw failure("link '\(path)' to", second)
    }

    /// Makes a symbolic link.
    public static func makeLink(_ path: FilePath, to target: String) throws(ContentError) {
        guard symlink(target, path.string) == 0 else { throw failure("create the link", path) }
    }

    /// Remembers that a file was used now, for those who remove what nobody used for long. Nothing there is fine.
    public static func markUsed(_ path: FilePath) {
        var times = [timespec(), timespec()]
        times[0].tv_nsec = utimeNow
        times[1].tv_nsec = utimeOmit
        utimensat(AT_FDCWD, path.string, times, 0)
    }

    /// The same of a file that was just looked at; what was used a moment ago is not marked again.
    static func markUsed(_ path: FilePath, known status: FileStatus) {
        if status.used / 1_000_000_000 < Int64(time(nil)) - 60 { markUsed(path) }
    }

    /// Sets when a file was last written.
    public static func setModified(_ path: FilePath, seconds: Int64) throws(ContentError) {
        var times = [timespec(), timespec()]
        times[0].tv_nsec = utimeNow
        times[1].tv_sec = time_t(seconds)
        guard utimensat(AT_FDCWD, path.string, times, AT_SYMLINK_NOFOLLOW) == 0 else {
            throw failure("set the time of", path)
        }
    }

    /// The failure of the system call that has just set `errno`.
    static func failure(_ action: String, _ path: FilePath) -> ContentError {
        let number = errno
        let reason = Errno(rawValue: number).description
        let message = "cannot \(action) '\(path)': \(reason)"
        switch number {
        case ENOSPC, EDQUOT: return ContentError(.noSpace, message, hints: ["free some room on that device"])
        case EROFS, EACCES, EPERM:
            return ContentError(.readOnly, message, hints: ["check who owns it and how it is mounted"])
        case ENOENT, ENOTDIR: return ContentError(.notFound, message)
        default: return ContentError(.fileSystem, message)
        }
    }
}

// utimensat(2); macros that Swift does not see.
private let utimeNow = (1 << 30) - 1
private let utimeOmit = (1 << 30) - 2

/// What a path holds.
public struct FileStatus: Sendable, Hashable {
    /// The kinds that can stand in a layer, and the rest.
    public enum Kind: Sendable, Hashable {
        case file
        case directory
        case symbolicLink
        case socket
        /// A device or a pipe.
        case other
    }

    /// Which kind.
    public let kind: Kind
    /// The permission bits, `0o7777` at most.
    public let mode: UInt32
    /// The length in bytes.
    public let size: Int64
    /// When it was last written, nanoseconds since 1970.
    public let modified: Int64
    /// When its status last changed, nanoseconds since 1970.
    public let changed: Int64
    /// When it was last used, as far as the file system or `markUsed` keeps account, nanoseconds since 1970.
    public let used: Int64
    /// Which file it is on its device.
    public let inode: UInt64

    init(_ status: stat) {
        switch status.st_mode & S_IFMT {
        case S_IFREG: kind = .file
        case S_IFDIR: kind = .directory
        case S_IFLNK: kind = .symbolicLink
        case S_IFSOCK: kind = .socket
        default: kind = .other
        }
        mode = UInt32(status.st_mode & 0o7777)
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
        used = Int64(status.st_atim.tv_sec) * 1_000_000_000 + Int64(status.st_atim.tv_nsec)
        inode = UInt64(status.st_ino)
    }
}
