import Diagnostics
import Foundation
import GRDB

/// A database in a file, by SQLite. Several processes of one machine may use it.
///
/// It keeps a write-ahead log, so that readers do not wait for the writer. Each commit is on disk before it is told of
/// (`synchronous = FULL`; GRDB's own choice for a write-ahead log, NORMAL, may lose the last ones at a power failure).
public final class SQLiteDatabase: SQLDatabase {
    private let pool: DatabasePool
    private let file: String

    /// How long a writer of another process is waited for, in seconds.
    private static let busyTimeout = 15.0

    /// Opens a file, making it where it is missing.
    /// - Throws: `DatabaseError` (`unavailable`).
    public init(file: String) throws {
        var configuration = Configuration()
        configuration.busyMode = .timeout(Self.busyTimeout)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA foreign_keys = ON")
        }
        self.file = file
        do {
            pool = try DatabasePool(path: file, configuration: configuration)
            // Not in `prepareDatabase`: GRDB makes its own choice after that.
            try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        } catch {
            throw Self.failure(error, file)
        }
    }

    /// SQLite's.
    public var dialect: SQLDialect { .sqlite }

    /// Runs a transaction that may change something.
    @discardableResult
    public func write<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws
        -> Value
    {
        try await translating { try await pool.write { try body(SQLiteConnection($0)) } }
    }

    /// Runs a transaction that only reads.
    public func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws
        -> Value
    {
        try await translating { try await pool.read { try body(SQLiteConnection($0)) } }
    }

    /// Brings the tables up to date, all steps in one transaction.
    public func migrate(_ migrations: [Migration]) async throws {
        try await write { try Migrator(migrations: migrations, dialect: .sqlite).run(on: $0) }
    }

    /// Ends all connections.
    public func close() async { try? pool.close() }

    private func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as GRDB.DatabaseError {
            throw Self.failure(error, file)
        }
    }

    private static func failure(_ error: any Error, _ file: String) -> DatabaseError {
        guard let error = error as? GRDB.DatabaseError else {
            return DatabaseError(.failed, "SQLite failed: \(error)", context: [FailureContext("database", file)])
        }
        let code: DatabaseErrorCode =
            switch error.resultCode {
            // A disk that is full or fails may be mended; a lock is given back.
            case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY:
                .unavailable
            case .SQLITE_CONSTRAINT: .duplicate
            default: .failed
            }
        // The arguments of a statement stay out of the message: they may be what nobody is to read.
        return DatabaseError(
            code, "SQLite says: \(error.message ?? error.resultCode.description)",
            context: [FailureContext("database", file)])
    }
}

/// SQLite's connection within a transaction.
private struct SQLiteConnection: SQLConnection {
    private let database: Database

    init(_ database: Database) { self.database = database }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
        let statement = try database.cachedStatement(sql: sql)
        try statement.execute(arguments: StatementArguments(arguments.map(\.databaseValue)))
        return database.changesCount
    }

    func query(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow] {
        let statement = try database.cachedStatement(sql: sql)
        let rows = try Row.fetchAll(statement, arguments: StatementArguments(arguments.map(\.databaseValue)))
        let names = statement.columnNames
        return rows.map { row in
            SQLRow(names: names, values: row.databaseValues.map { SQLValue($0) })
        }
    }

    var lastInsertedID: Int64 { database.lastInsertedRowID }
}

extension SQLValue {
    fileprivate var databaseValue: DatabaseValue {
        switch self {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        case .bytes(let bytes): Data(bytes).databaseValue
        }
    }

    fileprivate init(_ value: DatabaseValue) {
        switch value.storage {
        case .null: self = .null
        case .int64(let number): self = .integer(number)
        case .double(let number): self = .text("\(number)")
        case .string(let text): self = .text(text)
        case .blob(let data): self = .bytes(Array(data))
        }
    }
}
