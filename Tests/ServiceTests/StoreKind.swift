import Database
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

/// The stores that keep the contract of `MetadataStore`: the real one on both databases, and the one in memory, so that
/// tests which use that one are told what is true.
enum StoreKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case memory
    case sqlite
    case mariadb

    var testDescription: String { rawValue }

    /// Runs an operation on a new, empty store.
    func run(_ operation: (any MetadataStore) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        let store: any MetadataStore =
            switch self {
            case .memory: MemoryStore()
            case .sqlite:
                try await SQLMetadataStore(SQLiteDatabase(file: directory.path.appending("store.sqlite").string))
            case .mariadb:
                try await SQLMetadataStore(
                    MySQLDatabase(MySQLAddress(MariaDBServer.shared().makeDatabase(options: "connections=8"))))
            }
        let result: Result<Void, any Error>
        do {
            try await operation(store)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await store.close()
        try result.get()
    }
}
