import Content
import Diagnostics
import Layers
import OCI

/// The files of a stage or of an image, as a context that is copied from. Those of its base have contents as soon as
/// `members` holds them.
struct StageSource: ContextSource {
    /// How messages name it: `the stage 'builder'`.
    let name: String
    /// What it starts from.
    let base: BaseImage
    /// Its files.
    let files: ImageFiles
    /// Where those of the base lie.
    let baseMembers: LayerMembers
    /// The files of the base whose contents are at hand.
    var members: [PathKey: KeptMember] = [:]
    /// The packages that the stage installs, whose files are not among `files`.
    var environments: [StageEnvironment] = []
    /// Where contents of files of its own can be had.
    var contents = FileContents()
    private let children: [PathKey: [String]]
    private let cache: BuildCache

    init(_ name: String, base: BaseImage, files: ImageFiles, baseMembers: LayerMembers, cache: BuildCache) {
        self.name = name
        self.base = base
        self.files = files
        self.baseMembers = baseMembers
        self.cache = cache
        var children: [PathKey: [String]] = [:]
        // Sorted, so that each list is.
        for path in files.descendants(of: "") {
            let (directory, name) = LayerPath.split(path)
            children[PathKey(directory), default: []].append(name)
        }
        self.children = children.mapValues { $0.sorted(by: LayerPath.precedes) }
    }

    func names(in directory: String) -> [String] { children[PathKey(directory)] ?? [] }

    func kind(of path: String) -> FileStatus.Kind? {
        switch files[path]?.kind {
        case nil: nil
        case .directory: .directory
        case .file, .baseFile: .file
        case .symbolicLink: .symbolicLink
        }
    }

    func file(_ path: String) throws -> (digest: Digest, size: Int64, mode: UInt32) {
        let node = files[path]
        switch node?.kind {
        case .file(let digest, let size): return (digest, size, node?.mode ?? 0o644)
        case .baseFile:
            guard let member = members[PathKey(path)] else { throw missing(path) }
            return (member.digest, member.size, node?.mode ?? 0o644)
        default: throw missing(path)
        }
    }

    func mode(ofDirectory path: String) -> UInt32 { files[path]?.mode ?? 0o755 }

    func owner(of path: String) -> (uid: UInt32, gid: UInt32) { files[path].map { ($0.uid, $0.gid) } ?? (0, 0) }

    func linkTarget(_ path: String) throws -> String {
        guard case .symbolicLink(let target) = files[path]?.kind else { throw missing(path) }
        return target
    }

    func open(_ path: String) throws -> any RandomAccessReader {
        switch files[path]?.kind {
        case .file(let digest, _):
            guard let reader = try contents.open(digest, in: cache) else { throw missing(path) }
            return reader
        default:
            guard let member = members[PathKey(path)] else { throw missing(path) }
            return try member.open(in: cache.blobs)
        }
    }

    func ignoreFile() -> (text: String, name: String)? { nil }

    private func missing(_ path: String) -> BuildError {
        BuildError(.invalidSpec, "the content of '/\(path)' of \(name) is not at hand")
    }
}
