import Content
import Diagnostics
import OCI
import SystemPackage

/// The directory of one attempt, `work/<build>-<fence>/` of the data directory: gone when the attempt is over.
struct BuildWorkspace: Sendable {
    let root: FilePath

    /// Where the context's files lie, as far as tools need them.
    var context: FilePath { root.appending("context") }
    /// The home directory of tools, in which no settings are.
    var home: FilePath { root.appending("home") }
    /// The image's OCI layout, where it is kept.
    var layout: FilePath { root.appending("layout") }

    init(_ lease: Lease, dataDirectory: FilePath) throws {
        root = Self.directory(dataDirectory).appending("\(lease.build.id)-\(lease.fence)")
        try Self.removeEarlier(lease, in: dataDirectory)
        try FileSystem.makeDirectory(context)
        try FileSystem.makeDirectory(home)
    }

    /// Removes what earlier attempts at the build left that died: they have lost their lease to ours. Housekeeping would
    /// come to it too, but only once the duty of a process that died has lapsed.
    private static func removeEarlier(_ lease: Lease, in dataDirectory: FilePath) throws {
        let directory = directory(dataDirectory)
        guard lease.fence > 1, FileSystem.exists(directory) else { return }
        for name in try FileSystem.names(in: directory) where name.hasPrefix("\(lease.build.id)-") {
            try FileSystem.removeTree(directory.appending(name))
        }
    }

    static func directory(_ dataDirectory: FilePath) -> FilePath { dataDirectory.appending("work") }

    func remove() { try? FileSystem.removeTree(root) }

    /// A path of the context, which has no link out of it on its way.
    func path(_ relative: String) -> String { context.pushing(FilePath(relative)).lexicallyNormalized().string }

    /// Removes the directories of attempts that nobody is at any more.
    /// - Parameter isAlive: whether an attempt of a build by its fence is under way.
    static func removeAbandoned(
        in dataDirectory: FilePath, isAlive: (_ build: String, _ fence: Int64) async throws -> Bool
    ) async throws {
        let directory = directory(dataDirectory)
        guard FileSystem.exists(directory) else { return }
        for name in try FileSystem.names(in: directory) {
            guard let dash = name.lastIndex(of: "-"), let fence = Int64(name[name.index(after: dash)...]) else {
                continue
            }
            if try await !isAlive(String(name[..<dash]), fence) { try FileSystem.removeTree(directory.appending(name)) }
        }
    }
}
