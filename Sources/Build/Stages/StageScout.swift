import Content
import OCI
import Synchronization

/// Finds out of which files of a stage's base the contents will be asked for, so that its layers are read once for all.
final class StageScout: ContextSource {
    private let source: StageSource
    private let wanted = Mutex<Set<String>>([])

    init(_ source: StageSource) { self.source = source }

    /// The files that were asked for.
    var paths: Set<String> { wanted.withLock { $0 } }

    func names(in directory: String) -> [String] { source.names(in: directory) }

    func kind(of path: String) -> FileStatus.Kind? { source.kind(of: path) }

    func file(_ path: String) throws -> (digest: Digest, size: Int64, mode: UInt32) {
        guard source.files[path]?.kind == .baseFile else { return try source.file(path) }
        _ = wanted.withLock { $0.insert(path) }
        // Nobody reads what this would be.
        return (try Digester.digest(of: []), 0, 0o644)
    }

    func mode(ofDirectory path: String) -> UInt32 { source.mode(ofDirectory: path) }

    func owner(of path: String) -> (uid: UInt32, gid: UInt32) { source.owner(of: path) }

    func linkTarget(_ path: String) throws -> String { try source.linkTarget(path) }

    func open(_ path: String) throws -> any RandomAccessReader { try source.open(path) }

    func ignoreFile() -> (text: String, name: String)? { nil }
}
