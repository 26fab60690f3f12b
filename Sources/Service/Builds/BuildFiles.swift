public import Content
import Diagnostics
import FoundationEssentials
import OCI
import SystemPackage

/// What a build hands out beside its image: plans, locks, packages, and the image itself where it is asked for. It lies in
/// `builds/<id>/` of the data directory.
public struct BuildFiles: Sendable {
    let directory: FilePath

    init(dataDirectory: FilePath, build id: String) {
        directory = dataDirectory.appending("builds").appending(id)
    }

    /// One of the files.
    public enum Name: String, Sendable, CaseIterable {
        /// A JSON list of the plans, one for each platform.
        case plan = "plan.json"
        /// A JSON list of `PlatformLock`.
        case locks = "locks.json"
        /// A JSON list of `BuiltPackage`.
        case packages = "packages.json"
        /// A JSON list of `ImageDocuments`, one for each platform.
        case documents = "documents.json"
        /// A tar of the image's OCI layout.
        case image = "image.tar"
    }

    func path(_ name: Name) -> FilePath { directory.appending(name.rawValue) }

    func write(_ value: some Encodable, as name: Name) throws {
        try FileSystem.makeDirectory(directory)
        try FileSystem.write(CanonicalJSON.encode(value), to: path(name), durably: false)
    }

    func file(_ name: Name) throws -> StoredFile? {
        let path = path(name)
        guard let status = try FileSystem.status(path), status.kind == .file else { return nil }
        return StoredFile(size: status.size) { try FileReader(path) }
    }

    func remove() throws { try FileSystem.removeTree(directory) }
}

/// A file that is handed out, read as often as needed.
public struct StoredFile: Sendable {
    /// The length in bytes.
    public let size: Int64
    private let opener: @Sendable () throws -> any ByteReader

    init(size: Int64, open: @escaping @Sendable () throws -> any ByteReader) {
        self.size = size
        opener = open
    }

    /// A fresh stream from the first byte.
    public func open() throws -> any ByteReader { try opener() }
}

/// The lock of one platform.
public struct PlatformLock: Sendable, Hashable, Codable {
    /// `linux/amd64`.
    public var platform: String
    /// The text of a `pylock.toml` (PEP 751).
    public var lock: String
}

/// A package of an image.
public struct BuiltPackage: Sendable, Hashable, Codable {
    /// The normalised name.
    public var name: String
    /// The version.
    public var version: String
    /// `linux/amd64`.
    public var platform: String
}
