import Database
import SystemPackage
import TestSupport
import Testing

/// The products that every test of this room runs on.
enum DatabaseKind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case sqlite
    case mariadb

    var testDescription: String { rawValue }

    /// Runs an operation on a new, empty database.
    func run(
        options: String = "connections=8",
        _ operation: (any SQLDatabase, _ another: () throws -> any SQLDatabase) async throws -> Void
    ) async throws {
        let directory = try TemporaryDirectory()
        var opened: [any SQLDatabase] = []
        let address = self == .mariadb ? try await MariaDBServer.shared().makeDatabase(options: options) : ""
        func open() throws -> any SQLDatabase {
            let database: any SQLDatabase =
                switch self {
                case .sqlite: try SQLiteDatabase(file: directory.path.appending("test.sqlite").string)
                case .mariadb: MySQLDatabase(try MySQLAddress(address))
                }
            opened.append(database)
            return database
        }
        let result: Result<Void, any Error>
        do {
            try await operation(try open(), open)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        for database in opened { await database.close() }
        try result.get()
    }
}
