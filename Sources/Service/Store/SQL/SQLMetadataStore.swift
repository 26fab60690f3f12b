public import Database
import Diagnostics

/// What the service remembers, in SQLite or MySQL.
///
/// Whoever accepts a build or takes one locks one row first (`lockQueue`): the rules of whose turn it is look at many rows,
/// and builds are numbered in the order in which they can be seen. SQLite has one writer at a time anyway.
public struct SQLMetadataStore: MetadataStore {
    let database: any SQLDatabase

    /// Takes a database and brings its tables up to date.
    /// - Throws: `ServiceError` (`database_unavailable`, `database_failed`).
    public init(_ database: any SQLDatabase) async throws {
        self.database = database
        try await Self.translating { try await database.migrate(Schema.migrations) }
    }

    var dialect: SQLDialect { database.dialect }

    /// The database's clock.
    public func now() async throws -> ServerTime {
        try await read { try Self.now($0, dialect) }
    }

    /// Whether the database answers.
    public func check() async throws { _ = try await now() }

    /// Gives the connections back.
    public func close() async { await database.close() }

    // MARK: Transactions

    @discardableResult
    func write<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try await Self.translating { try await database.write(body) }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value {
        try await Self.translating { try await database.read(body) }
    }

    private static func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let error as DatabaseError {
            throw ServiceError(
                error.code == .unavailable ? .databaseUnavailable : .databaseFailed, error.message,
                context: error.context, hints: error.hints)
        }
    }

    static func now(_ connection: any SQLConnection, _ dialect: SQLDialect) throws -> ServerTime {
        guard let row = try connection.first("SELECT \(dialect.now) AS moment") else {
            throw ServiceError(.databaseFailed, "the database does not tell the time")
        }
        return ServerTime(milliseconds: try row.integer("moment"))
    }

    /// Waits until nobody else accepts or takes builds, and keeps others waiting until the transaction ends.
    func lockQueue(_ connection: any SQLConnection) throws {
        guard dialect == .mysql else { return }
        _ = try connection.query(
            "SELECT name FROM duties WHERE name = ?\(dialect.forUpdate)", [.text(Schema.queueLock)])
    }
}

extension ServerTime {
    /// The time in a column.
    init(_ row: SQLRow, _ column: String) throws { self.init(milliseconds: try row.integer(column)) }

    /// The time in a column; nil for NULL.
    static func optional(_ row: SQLRow, _ column: String) throws -> ServerTime? {
        try row.optionalInteger(column).map { ServerTime(milliseconds: $0) }
    }

    /// As a column holds it.
    var value: SQLValue { .integer(milliseconds) }
}

extension Duration {
    /// In milliseconds, as columns hold it.
    var milliseconds: SQLValue { .integer((ServerTime(milliseconds: 0) + self).milliseconds) }
}

/// `?, ?, ?`: as many as there are arguments.
func places(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }
