import Content
import Diagnostics
import Layers
import OCI
import Spec

/// Carries out the changes of instructions on the files of an image in the making. Nothing is run and nothing written: what
/// comes out are entries of layers.
struct FileChanger {
    var files: ImageFiles
    /// Where the contents of our own files can be had.
    var contents = FileContents()
    /// What of the context no layer can hold.
    private(set) var skipped: [String] = []
    let context: any ContextSource
    let ignore: IgnoreFile
    /// The stages and images that files are taken from.
    var origins: [FileOrigin: StageSource] = [:]
    /// The contents of the base's files, as far as they are those of a stage's, too.
    var baseDigests: [PathKey: Digest] = [:]
    /// The files that were downloaded.
    var downloads: [FileDownload: KeptMember] = [:]
    /// Where archives are unpacked to.
    var cache: BuildCache?
    /// Directories with the packages that steps below have installed, whose files are not listed here.
    var packages: [String]
    /// The prefixes of environments that are made of such packages alone: as a whole they can be given away.
    var environments: Set<String> = []
    /// What was given away of them, in order.
    var given: [GivenTree] = []
    /// The environments of other stages that were taken.
    var taken: [TakenEnvironment] = []
    /// Commands of such environments that are only to be had with them, each with what to say where they are not.
    var commandsTaken: [(StageEnvironment, BuildError)] = []
    /// The day that new users' passwords were changed on, in days since 1970.
    let day: Int64
    private(set) var instruction = FileInstruction(title: "", place: "", changes: [])

    init(
        files: ImageFiles, context: any ContextSource, ignore: IgnoreFile, packages: [String], timestamp: Timestamp
    ) {
        self.files = files
        self.context = context
        self.ignore = ignore
        self.packages = packages
        day = timestamp.seconds / 86400
    }

    /// Carries out an instruction.
    /// - Throws: `BuildError` (`invalid_spec`) with the instruction's place.
    mutating func follow(_ instruction: FileInstruction) throws {
        self.instruction = instruction
        files.begin(instruction.title)
        for change in instruction.changes { try follow(change) }
    }

    private mutating func follow(_ change: FileChange) throws {
        switch change {
        case .copy(let copy): try follow(copy)
        case .download(let download): try follow(download)
        case .write(let text): try write(text)
        case .directory(let directory): try make(directory)
        case .link(let link): try make(link)
        case .touch(let path): try touch(path)
        case .remove(let removal): try remove(removal)
        case .mode(let assignment): try changeModes(assignment)
        case .owner(let assignment): try changeOwners(assignment)
        case .user(let user): try add(user)
        case .group(let group): try add(group)
        case .member(let member): try add(member)
        }
    }

    /// An error of the instruction at hand.
    func problem(_ message: String, code: BuildErrorCode = .invalidSpec, hints: [String] = []) -> BuildError {
        BuildError(
            code, "\(instruction.title): \(message)", context: [FailureContext("file", instruction.place)],
            hints: hints)
    }

    mutating func keep(_ context: ContextFiles) {
        contents.contexts.append(context)
        skipped += context.skipped
    }

    // MARK: Paths

    /// A path of the image without a leading slash and without links in it.
    func resolved(_ path: String, followsLast: Bool = true) throws(BuildError) -> String {
        guard let found = files.resolved(path, followsLast: followsLast) else {
            throw problem("'\(path)' is a loop of links")
        }
        return found
    }

    /// The paths that a shell gives to a command: those that a pattern matches, or the pattern itself where none does.
    func expanded(_ named: NamedFiles) throws(BuildError) -> [String] {
        guard named.isPattern else { return [named.path] }
        var found = [""]
        for part in LayerPath.parts(named.path) {
            guard NamedFiles.isPattern(part), let pattern = GlobPattern(part) else {
                found = found.map { "\($0)/\(part)" }
                continue
            }
            var next: [String] = []
            for directory in found {
                let place = try resolved(directory)
                guard files[place]?.kind == .directory else { continue }
                try refusePackages(place, isRecursive: false)
                // A dot at the start of a name has to be written.
                next += files.names(in: place).filter { !$0.hasPrefix(".") || part.hasPrefix(".") }
                    .filter(pattern.matches).map { "\(directory)/\($0)" }
            }
            found = next
        }
        found = found.filter { path in
            files.resolved(path, followsLast: false).flatMap { files[$0] } != nil
        }
        return found.isEmpty ? [named.path] : found
    }

    /// Refuses paths where packages were installed: which files are there, their wheels alone tell.
    /// - Parameter spared: environments that may be there as a whole.
    func refusePackages(_ path: String, isRecursive: Bool, but spared: Set<String> = []) throws(BuildError) {
        let isSpared = { (directory: String) in
            spared.contains { $0 == directory || LayerPath.isBelow($0, directory) }
        }
        for directory in packages where !isSpared(directory) {
            guard
                directory == path || LayerPath.isBelow(directory, path)
                    || (isRecursive && LayerPath.isBelow(path, directory))
            else { continue }
            throw problem(
                "'/\(directory)' holds Python packages, whose files stay as their wheels have them",
                hints: ["leave out '/\(path)', or name the directories besides"])
        }
    }

    /// The environments that are at a path or below it.
    func environments(in path: String) -> Set<String> {
        environments.filter { $0 == path || LayerPath.isBelow(path, $0) }
    }

    /// Makes the directories of a path that are missing.
    mutating func makeDirectories(_ path: String, mode: UInt32 = 0o755, uid: UInt32 = 0, gid: UInt32 = 0)
        throws(BuildError)
    {
        guard !path.isEmpty else { return }
        for directory in LayerPath.ancestors(of: path) + [path] {
            switch files[directory]?.kind {
            case .directory: continue
            case nil:
                try put(
                    .init(kind: .directory, mode: directory == path ? mode : 0o755, uid: uid, gid: gid), at: directory)
            default: throw problem("'/\(directory)' is no directory")
            }
        }
    }

    /// Refuses a path whose directory is not there, as a shell's commands do.
    func requireDirectory(of path: String) throws(BuildError) {
        let directory = LayerPath.split(path).directory
        switch files[directory]?.kind {
        case .directory: return
        case nil: throw problem("there is no directory '/\(directory)'", hints: ["make it by 'mkdir -p' first"])
        default: throw problem("'/\(directory)' is no directory")
        }
    }

    /// Puts something at a path that may stand in a layer.
    mutating func put(_ node: ImageFiles.Node, at path: String) throws(BuildError) {
        do {
            _ = try LayerPath.checked(path, origin: "the instruction")
        } catch {
            throw problem(error.message, hints: error.hints)
        }
        files.put(node, at: path)
    }

    // MARK: Contents

    /// The bytes of a file; nil where the base holds them and they are not at hand.
    func content(_ path: String) throws -> [UInt8]? {
        guard case .file(let digest, let size) = files[path]?.kind else {
            return files.baseText(path).map { Array($0.utf8) }
        }
        guard size <= 16 << 20 else { throw problem("'/\(path)' is too long to be put together") }
        return try open(digest)?.bytes(at: 0, count: Int(size))
    }

    /// Opens a content of a layer of ours; nil where it is not at hand.
    func open(_ digest: Digest) throws -> (any RandomAccessReader)? {
        try contents.open(digest, in: cache)
    }

    /// Where a text goes becomes a file of these bytes; mode and owner are those that are there.
    mutating func replace(_ path: String, by bytes: [UInt8], mode: UInt32) throws {
        let there = files[path]
        try put(
            .init(
                kind: .file(digest: try contents.texts.keep(bytes), size: Int64(bytes.count)),
                mode: there?.mode ?? mode,
                uid: there?.uid ?? 0, gid: there?.gid ?? 0), at: path)
    }

    // MARK: Owners and modes

    func modeChange(_ text: String) throws(BuildError) -> ModeChange {
        guard let change = ModeChange(text) else { throw problem("'\(text)' is no mode") }
        return change
    }
}
