public import Diagnostics
public import FoundationEssentials
import Glibc
public import OCI
public import SystemPackage

/// What a key led to before: small values that can always be computed again. Losing one costs time, never truth.
public protocol RecordStore: Sendable {
    /// The value kept under a key, or nil.
    func record(_ key: RecordKey) throws -> Data?
    /// Keeps a value, replacing what was there.
    func setRecord(_ key: RecordKey, to value: Data) throws
}

/// The name of a record: its kind and a digest of all that the value depends on.
public struct RecordKey: Sendable, Hashable {
    /// What the value is, `lower-case-words`: a directory of its own.
    public let kind: String
    /// The digest of everything that the value depends on, made by `KeyBuilder`.
    public let digest: Digest
    /// Whether the value is for nobody but the user whose build it was.
    public let isPrivate: Bool

    /// Takes the parts.
    public init(kind: String, digest: Digest, isPrivate: Bool = false) {
        self.kind = kind
        self.digest = digest
        self.isPrivate = isPrivate
    }
}

extension RecordStore {
    /// The value kept under a key, or nil; a value that cannot be read any more counts as none.
    public func value<Value: Decodable>(_ type: Value.Type, for key: RecordKey) throws -> Value? {
        guard let data = try record(key) else { return nil }
        return try? CanonicalJSON.decode(type, from: data)
    }

    /// Keeps a value.
    public func setValue(_ value: some Encodable, for key: RecordKey) throws {
        try setRecord(key, to: CanonicalJSON.encode(value))
    }
}

/// Records in a directory, `<kind>/<hash>.json`.
public struct DirectoryRecordStore: RecordStore {
    private let root: FilePath

    /// Opens a store, making its directory where it is missing.
    public init(_ root: FilePath) throws(ContentError) {
        self.root = root
        try FileSystem.makeDirectory(root)
    }

    /// The value kept under a key, or nil.
    public func record(_ key: RecordKey) throws -> Data? {
        let path = path(of: key)
        // Another user's private record is none of ours.
        guard let status = try FileSystem.status(path), !key.isPrivate || access(path.string, R_OK) == 0 else {
            return nil
        }
        FileSystem.markUsed(path, known: status)
        return Data(try FileSystem.read(path))
    }

    /// Keeps a value.
    public func setRecord(_ key: RecordKey, to value: Data) throws {
        let path = path(of: key)
        try FileSystem.makeDirectory(path.removingLastComponent())
        try FileSystem.write(value, to: path, mode: key.isPrivate ? 0o600 : 0o666, durably: false)
    }

    private func path(of key: RecordKey) -> FilePath {
        root.appending(key.kind).appending("\(key.digest.encoded).json")
    }
}
