public import OCI

/// What goes into a layer, exactly: two equal recipes give the same bytes on every machine.
///
/// Its key (`LayerRecipe.key` in `Layers`) names the finished layer in every cache.
public enum LayerRecipe: Sendable, Hashable, Codable {
    /// Wheels, installed.
    case wheels(WheelLayer)
    /// The bytecode of wheels.
    case bytecode(BytecodeLayer)
    /// Files.
    case files(FileLayer)
}

/// A layer of one or several wheels, installed by one scheme.
public struct WheelLayer: Sendable, Hashable, Codable {
    /// The wheels in the order in which they stand in the layer.
    public var wheels: [WheelInstallation]
    /// Where their parts go.
    public var scheme: InstallScheme
    /// The time that every entry carries.
    public var timestamp: Timestamp
    /// Which files of its one wheel it holds, where they are more than a layer may have; nil means all.
    public var part: WheelPart?

    /// Takes the parts.
    public init(
        wheels: [WheelInstallation], scheme: InstallScheme, timestamp: Timestamp, part: WheelPart? = nil
    ) {
        self.wheels = wheels
        self.scheme = scheme
        self.timestamp = timestamp
        self.part = part
    }
}

/// Some of the files that a wheel installs, counted in the order of their paths.
public struct WheelPart: Sendable, Hashable, Codable {
    /// The number of the first one, from 0.
    public var first: Int
    /// How many they are.
    public var count: Int
    /// How long the layer of them is at most, in bytes.
    public var size: Int64

    /// Takes the parts.
    public init(first: Int, count: Int, size: Int64) {
        self.first = first
        self.count = count
        self.size = size
    }
}

/// One wheel of a layer.
public struct WheelInstallation: Sendable, Hashable, Codable {
    /// The wheel.
    public var wheel: WheelReference
    /// Paths in the image that another wheel wins and this one leaves out, sorted.
    public var excluded: [String]

    /// Takes the parts.
    public init(wheel: WheelReference, excluded: [String] = []) {
        self.wheel = wheel
        self.excluded = excluded
    }
}

/// A wheel by its content.
public struct WheelReference: Sendable, Hashable, Codable {
    /// The distribution's normalised name.
    public var name: String
    /// Its version.
    public var version: String
    /// The wheel's file name.
    public var filename: String
    /// The digest of the wheel file.
    public var digest: Digest
    /// The length of the wheel file in bytes; nil where the index did not tell.
    public var size: Int64?

    /// Takes the parts.
    public init(name: String, version: String, filename: String, digest: Digest, size: Int64?) {
        self.name = name
        self.version = version
        self.filename = filename
        self.digest = digest
        self.size = size
    }
}

/// Where the parts of a wheel go in an image: the paths that Python's `sysconfig` would give for that interpreter.
/// All are absolute and without symbolic links in them, as the base has them.
public struct InstallScheme: Sendable, Hashable, Codable {
    /// The environment's prefix, `/opt/venv`. Directories below it are written with each layer.
    public var prefix: String
    /// The interpreter's path as scripts name it in their first line.
    public var interpreter: String
    /// Pure Python modules.
    public var purelib: String
    /// Modules with machine code.
    public var platlib: String
    /// Commands.
    public var scripts: String
    /// C headers; each distribution gets a directory below it.
    public var headers: String
    /// Everything else, usually the prefix itself.
    public var data: String
    /// The directories below the prefix, or below a link's target, that the base has with another mode or owner than
    /// 0755 and 0:0, sorted by path: layers write them as they are there.
    public var directories: [SchemeDirectory]
    /// The symbolic links below the prefix that lead to directories of the base, sorted by path: what would go below one
    /// goes below its target, so that no layer writes a directory over a link.
    public var links: [SchemeLink]
    /// Whose all of it is that the base does not have; nil means root, as in layers that others share.
    public var owner: SchemeOwner?

    /// Takes the parts.
    public init(
        prefix: String, interpreter: String, purelib: String, platlib: String, scripts: String, headers: String,
        data: String, directories: [SchemeDirectory] = [], links: [SchemeLink] = [], owner: SchemeOwner? = nil
    ) {
        self.owner = owner
        self.prefix = prefix
        self.interpreter = interpreter
        self.purelib = purelib
        self.platlib = platlib
        self.scripts = scripts
        self.headers = headers
        self.data = data
        self.directories = directories
        self.links = links
    }
}

/// A user and a group by their numbers.
public struct SchemeOwner: Sendable, Hashable, Codable {
    /// The user.
    public var uid: UInt32
    /// The group.
    public var gid: UInt32

    /// Takes the parts.
    public init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }
}

/// A symbolic link of the base that leads to a directory.
public struct SchemeLink: Sendable, Hashable, Codable {
    /// The link's absolute path, no link above it.
    public var path: String
    /// The absolute path of the directory that it leads to in the end, without symbolic links in it.
    public var target: String

    /// Takes the parts.
    public init(path: String, target: String) {
        self.path = path
        self.target = target
    }
}

/// A directory of the base where packages go.
public struct SchemeDirectory: Sendable, Hashable, Codable {
    /// The absolute path.
    public var path: String
    /// The permission bits.
    public var mode: UInt32
    /// The numeric owner.
    public var uid: UInt32
    /// The numeric group.
    public var gid: UInt32

    /// Takes the parts.
    public init(path: String, mode: UInt32, uid: UInt32, gid: UInt32) {
        self.path = path
        self.mode = mode
        self.uid = uid
        self.gid = gid
    }
}

/// A layer of files that are named by their content.
public struct FileLayer: Sendable, Hashable, Codable {
    /// The entries, sorted by path, each path once.
    public var entries: [FileEntry]
    /// Paths of lower layers that are gone, without leading slashes (OCI image specification, layer.md, "Whiteouts").
    public var removed: [String]
    /// How file contents are stored.
    public var compression: FileCompression
    /// The time that every entry carries.
    public var timestamp: Timestamp

    /// Takes the parts.
    public init(
        entries: [FileEntry], removed: [String] = [], compression: FileCompression, timestamp: Timestamp
    ) {
        self.entries = entries
        self.removed = removed
        self.compression = compression
        self.timestamp = timestamp
    }
}

/// How the files of a layer are stored in its gzip stream.
public enum FileCompression: String, Sendable, Hashable, Codable {
    /// Deflated.
    case deflate
    /// As they are, for content that does not compress.
    case store
}

/// One entry of a layer of files.
public struct FileEntry: Sendable, Hashable, Codable {
    /// The path in the image, without a leading slash.
    public var path: String
    /// What stands there.
    public var kind: Kind
    /// The permission bits.
    public var mode: UInt32
    /// The numeric owner.
    public var uid: UInt32
    /// The numeric group.
    public var gid: UInt32

    /// What can stand at a path.
    public enum Kind: Sendable, Hashable, Codable {
        /// A directory.
        case directory
        /// A file with this content.
        case file(digest: Digest, size: Int64)
        /// A symbolic link, its target as it is written.
        case symbolicLink(target: String)
    }

    /// Takes the parts.
    public init(path: String, kind: Kind, mode: UInt32, uid: UInt32 = 0, gid: UInt32 = 0) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
    }
}
