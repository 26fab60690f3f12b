import Content
public import Diagnostics
import FoundationEssentials
import OCI
public import SystemPackage

/// The keys of a vault: the first one seals, all of them open. A key that is to go is moved behind a new one until
/// everything was sealed anew.
public struct VaultKeys: Sendable {
    struct Key: Sendable {
        let id: String
        let bytes: [UInt8]
    }

    private let keys: [Key]

    /// The key that seals.
    let sealing: Key

    /// The key of an id.
    subscript(id: String) -> Key? { keys.first { $0.id == id } }

    /// Reads keys, one a line: `id:base64` of 32 bytes, or the base64 alone, whose id is the start of its digest. Empty
    /// lines and those that start with `#` count for nothing.
    /// - Parameter origin: where the text comes from, for errors.
    /// - Throws: `ServiceError` (`invalid_configuration`) with the line's number, never with its text.
    public init(_ text: String, origin: String) throws(ServiceError) {
        var keys: [Key] = []
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let line = line.filter { !$0.isWhitespace }
            if line.isEmpty || line.hasPrefix("#") { continue }
            let place = [FailureContext("file", "\(origin):\(number + 1)")]
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let encoded = parts.last, let data = Data(base64Encoded: String(encoded)),
                data.count == AESGCM.keySize
            else {
                throw ServiceError(
                    .invalidConfiguration, "a key of the vault is not the base64 of \(AESGCM.keySize) bytes",
                    context: place, hints: ["make one with 'openssl rand -base64 32'"])
            }
            let bytes = [UInt8](data)
            let id = try parts.count == 2 ? String(parts[0]) : Self.id(of: bytes)
            guard (1...64).contains(id.utf8.count), !keys.contains(where: { $0.id == id }) else {
                throw ServiceError(
                    .invalidConfiguration, "the id '\(id)' of a key of the vault is too long, or there twice",
                    context: place)
            }
            keys.append(Key(id: id, bytes: bytes))
        }
        guard let first = keys.first else {
            throw ServiceError(
                .invalidConfiguration, "the vault has no key", context: [FailureContext("file", origin)],
                hints: ["make one with 'openssl rand -base64 32'"])
        }
        self.keys = keys
        sealing = first
    }

    /// Reads a file of keys.
    /// - Throws: `ServiceError` (`invalid_configuration`), also for a file that others than its owner can read.
    public init(file: FilePath) throws(ServiceError) {
        let place = [FailureContext("file", file.string)]
        do {
            guard let status = try FileSystem.status(file) else {
                throw ServiceError(.invalidConfiguration, "the vault's keys are not there", context: place)
            }
            guard status.mode & 0o077 == 0 else {
                throw ServiceError(
                    .invalidConfiguration, "others than its owner can read the vault's keys", context: place,
                    hints: ["run 'chmod 600 \(file)'"])
            }
            try self.init(
                String(decoding: try FileSystem.read(file, limit: 1 << 16), as: UTF8.self), origin: file.string)
        } catch let error as ServiceError {
            throw error
        } catch {
            throw ServiceError(.invalidConfiguration, "the vault's keys cannot be read", context: place, cause: error)
        }
    }

    /// The keys of a data directory, `vault.key` in it, which is made at the first start. Of several processes that start
    /// at once one makes it.
    public static func embedded(in directory: FilePath) throws -> VaultKeys {
        let file = directory.appending("vault.key")
        if !FileSystem.exists(file) {
            try FileSystem.makeDirectory(directory)
            let key = try randomBytes(AESGCM.keySize)
            let line = "\(try id(of: key)):\(Data(key).base64EncodedString())\n"
            try FileSystem.create(Array(line.utf8), at: file, mode: 0o600)
        }
        return try VaultKeys(file: file)
    }

    /// A key that nobody else has and that is gone with the process: for tests.
    public static func ephemeral() throws -> VaultKeys {
        try VaultKeys(Data(try randomBytes(AESGCM.keySize)).base64EncodedString(), origin: "memory")
    }

    private static func id(of key: [UInt8]) throws(ServiceError) -> String {
        do throws(ContentError) {
            return try Digester.digest(of: key).short
        } catch {
            throw ServiceError(.undecipherable, "OpenSSL cannot compute a digest", cause: error)
        }
    }
}
