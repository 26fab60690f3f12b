/// Changes of files in an order of their own, as the lines of a Dockerfile make them: what is copied, written, removed and
/// given away. Each instruction becomes a layer, of what no later one changes again.
public struct ChangesStep: Sendable, Hashable, Codable {
    /// The directory of the context that files are copied from.
    public var source: String
    /// The text of the ignore file that counts; nil leaves nothing of the context out.
    public var ignoreFile: String?
    /// What is done, in order.
    public var instructions: [FileInstruction]

    /// Takes the parts.
    public init(source: String, ignoreFile: String? = nil, instructions: [FileInstruction]) {
        self.source = source
        self.ignoreFile = ignoreFile
        self.instructions = instructions
    }
}

/// One instruction, and the changes that it makes in order.
public struct FileInstruction: Sendable, Hashable, Codable {
    /// What it is, one line: `COPY . .`. It becomes the history entry.
    public var title: String
    /// Where it stands, for errors: `Dockerfile:5`.
    public var place: String
    /// What it does.
    public var changes: [FileChange]

    /// Takes the parts.
    public init(title: String, place: String, changes: [FileChange]) {
        self.title = title
        self.place = place
        self.changes = changes
    }
}

/// One change of files. Paths in the image are absolute, and links on their way are followed in the image.
public enum FileChange: Sendable, Hashable {
    /// Files of the context, of another stage or of an image are copied.
    case copy(FileCopy)
    /// A file of the network becomes one of the image.
    case download(FileDownload)
    /// A text becomes a file, or is put at the end of one.
    case write(FileText)
    /// A directory is made.
    case directory(NewDirectory)
    /// A symbolic link is made.
    case link(NewLink)
    /// A file is there afterwards, empty where it was not there before.
    case touch(path: String)
    /// Files are removed.
    case remove(FileRemoval)
    /// Modes are changed.
    case mode(ModeAssignment)
    /// Owners are changed.
    case owner(OwnerAssignment)
    /// A user is added.
    case user(NewUser)
    /// A group is added.
    case group(NewGroup)
    /// A user becomes a member of groups.
    case member(NewMember)
}

/// Files of the context, of another stage or of an image on their way into the image.
public struct FileCopy: Sendable, Hashable, Codable {
    /// Where they come from; nil means the context.
    public var origin: FileOrigin?
    /// Paths of the origin, or patterns in it; the origin itself is the empty path.
    public var sources: [NamedFiles]
    /// Where they go, absolute.
    public var destination: String
    /// Whether the destination is a directory even where nothing is there: it was written with a slash at its end, or
    /// there are several sources.
    public var isIntoDirectory: Bool
    /// Patterns of what is left out, relative to each source.
    public var excluded: [String]
    /// Whether each source keeps the directories it lies in; those before a part `.` do not count.
    public var keepsParents: Bool
    /// Whose they become; nil means root, and for files of a stage or an image whose they are there.
    public var owner: FileOwner?
    /// Their mode, octal or symbolic; nil keeps the origin's.
    public var mode: String?
    /// Whether a file that is a tar, compressed or not, is unpacked into the destination, as `ADD` does; nil means no.
    public var unpacks: Bool?

    /// Takes the parts.
    public init(
        from origin: FileOrigin? = nil, sources: [NamedFiles], destination: String, isIntoDirectory: Bool = false,
        excluded: [String] = [], keepsParents: Bool = false, owner: FileOwner? = nil, mode: String? = nil,
        unpacks: Bool? = nil
    ) {
        self.unpacks = unpacks
        self.origin = origin
        self.sources = sources
        self.destination = destination
        self.isIntoDirectory = isIntoDirectory
        self.excluded = excluded
        self.keepsParents = keepsParents
        self.owner = owner
        self.mode = mode
    }
}

/// A path, or a pattern that names several.
public struct NamedFiles: Sendable, Hashable, Codable {
    /// The path or the pattern.
    public var path: String
    /// Whether it is a pattern.
    public var isPattern: Bool

    /// Takes the parts.
    public init(_ path: String, isPattern: Bool = false) {
        self.path = path
        self.isPattern = isPattern
    }

    /// Whether a text would be a pattern: it holds `*`, `?`, `[` or an escape.
    public static func isPattern(_ text: some StringProtocol) -> Bool { text.contains { "*?[\\".contains($0) } }
}

/// A user and a group, each by name or number. What is nil stays as it is, or follows from the user.
public struct FileOwner: Sendable, Hashable, Codable {
    /// The user.
    public var user: String?
    /// The group.
    public var group: String?

    /// Takes the parts.
    public init(user: String?, group: String?) {
        self.user = user
        self.group = group
    }

    /// Reads `user`, `user:group` or `:group`.
    public init(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        user = parts.first.flatMap { $0.isEmpty ? nil : $0 }
        group = parts.count == 2 && !parts[1].isEmpty ? parts[1] : nil
    }
}

/// A text that becomes a file.
public struct FileText: Sendable, Hashable, Codable {
    /// The file, or where `name` is set perhaps the directory that it goes to.
    public var path: String
    /// The file's name in `path`, where that is a directory; nil where `path` is the file.
    public var name: String?
    /// The text.
    public var text: String
    /// Whether it goes to the end of what is there.
    public var appends: Bool
    /// Whether directories on the way are made.
    public var makesParents: Bool
    /// Whose a new file is; nil means root.
    public var owner: FileOwner?
    /// A new file's mode, octal or symbolic; nil means 0644.
    public var mode: String?

    /// Takes the parts.
    public init(
        path: String, name: String? = nil, text: String, appends: Bool = false, makesParents: Bool = false,
        owner: FileOwner? = nil, mode: String? = nil
    ) {
        self.path = path
        self.name = name
        self.text = text
        self.appends = appends
        self.makesParents = makesParents
        self.owner = owner
        self.mode = mode
    }
}

/// A directory to be made.
public struct NewDirectory: Sendable, Hashable, Codable {
    /// Where.
    public var path: String
    /// Whether those on the way are made too, and it may be there already.
    public var makesParents: Bool
    /// Its mode; nil means 0755.
    public var mode: String?

    /// Takes the parts.
    public init(path: String, makesParents: Bool, mode: String? = nil) {
        self.path = path
        self.makesParents = makesParents
        self.mode = mode
    }
}

/// A symbolic link to be made.
public struct NewLink: Sendable, Hashable, Codable {
    /// Where it leads, as it is written.
    public var target: String
    /// Where it stands; in a directory of that path it gets the target's name.
    public var path: String
    /// Whether what stands there goes (`-f`).
    public var replaces: Bool
    /// Whether a link to a directory in its place is the place itself (`-n`).
    public var isPlaceItself: Bool

    /// Takes the parts.
    public init(target: String, path: String, replaces: Bool, isPlaceItself: Bool) {
        self.target = target
        self.path = path
        self.replaces = replaces
        self.isPlaceItself = isPlaceItself
    }
}

/// Files to be removed.
public struct FileRemoval: Sendable, Hashable, Codable {
    /// Which.
    public var files: [NamedFiles]
    /// Whether directories go, with all that is in them.
    public var isRecursive: Bool
    /// Whether it is no error that one is not there.
    public var isForced: Bool

    /// Takes the parts.
    public init(files: [NamedFiles], isRecursive: Bool, isForced: Bool) {
        self.files = files
        self.isRecursive = isRecursive
        self.isForced = isForced
    }
}

/// Modes to be changed.
public struct ModeAssignment: Sendable, Hashable, Codable {
    /// Of what.
    public var files: [NamedFiles]
    /// To what, octal or symbolic.
    public var mode: String
    /// Whether it holds for all that is in a directory, too.
    public var isRecursive: Bool

    /// Takes the parts.
    public init(files: [NamedFiles], mode: String, isRecursive: Bool) {
        self.files = files
        self.mode = mode
        self.isRecursive = isRecursive
    }
}

/// Owners to be changed.
public struct OwnerAssignment: Sendable, Hashable, Codable {
    /// Of what.
    public var files: [NamedFiles]
    /// To whom.
    public var owner: FileOwner
    /// Whether it holds for all that is in a directory, too.
    public var isRecursive: Bool
    /// Whether links themselves are given away, and not what they lead to.
    public var changesLinks: Bool

    /// Takes the parts.
    public init(files: [NamedFiles], owner: FileOwner, isRecursive: Bool, changesLinks: Bool) {
        self.files = files
        self.owner = owner
        self.isRecursive = isRecursive
        self.changesLinks = changesLinks
    }
}
