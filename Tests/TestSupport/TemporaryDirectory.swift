public import Content
public import SystemPackage

/// A directory of a test's own that vanishes with the value.
public final class TemporaryDirectory: Sendable {
    /// Where it is.
    public let path: FilePath

    /// Makes a directory.
    public init() throws { path = try FileSystem.makeTemporaryDirectory(prefix: "/tmp/cooperage-test-") }

    deinit { try? FileSystem.removeTree(path) }

    /// A blob store in the directory.
    public func store(_ name: String = "store") throws -> DirectoryBlobStore {
        try DirectoryBlobStore(path.appending(name))
    }

    /// Every file below the directory, as relative paths, sorted.
    public func files(below name: String = "") throws -> [String] {
        try Self.files(in: name.isEmpty ? path : path.appending(name)).sorted()
    }

    private static func files(in directory: FilePath) throws -> [String] {
        try FileSystem.names(in: directory).flatMap { name in
            let path = directory.appending(name)
            guard try FileSystem.status(path, followingLinks: false)?.kind == .directory else { return [name] }
            return try files(in: path).map { "\(name)/\($0)" }
        }
    }
}
