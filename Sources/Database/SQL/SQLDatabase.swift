/// A database that takes transactions. What differs between products is told by its dialect.
public protocol SQLDatabase: Sendable {
    /// The product's way of saying things.
    var dialect: SQLDialect { get }
    /// Runs a transaction that may change something. It is committed, on disk, when this returns; an error rolls it back.
    ///
    /// The body may run several times, where the database broke an attempt off (a deadlock): it changes nothing but by its
    /// connection.
    @discardableResult
    func write<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value
    /// Runs a transaction that only reads, and sees one state of the database.
    func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws -> Value
    /// Brings the tables up to date.
    func migrate(_ migrations: [Migration]) async throws
    /// Ends all connections.
    func close() async
}

/// What products say differently.
public enum SQLDialect: Sendable, Hashable {
    /// SQLite 3.35 or later.
    case sqlite
    /// MariaDB 10.6 or later, or MySQL 8.
    case mysql

    /// An expression: milliseconds since 1970 by the database's clock.
    public var now: String {
        switch self {
        case .sqlite:
            // `unixepoch('subsec')` came with SQLite 3.42; 'now' is one moment within a statement.
            "(CAST(strftime('%s', 'now') AS INTEGER) * 1000 + CAST(substr(strftime('%f', 'now'), 4) AS INTEGER))"
        case .mysql: "CAST(UNIX_TIMESTAMP(SYSDATE(3)) * 1000 AS SIGNED)"
        }
    }

    /// Locks the rows of a SELECT until the transaction ends. SQLite's writers have the whole database to themselves.
    public var forUpdate: String {
        switch self {
        case .sqlite: ""
        case .mysql: " FOR UPDATE"
        }
    }

    /// Locks the rows of a SELECT, and passes over those that another transaction has locked.
    public var forUpdateSkippingLocked: String {
        switch self {
        case .sqlite: ""
        case .mysql: " FOR UPDATE SKIP LOCKED"
        }
    }

    /// An INSERT that leaves a row as it is that is there already, up to the word INTO.
    public var insertIgnore: String {
        switch self {
        case .sqlite: "INSERT OR IGNORE"
        case .mysql: "INSERT IGNORE"
        }
    }

    /// The end of an INSERT that changes the row which is there already: the named columns get the values of the insert.
    /// - Parameter key: the columns by which a row is found.
    public func upsert(key: [String], setting columns: [String]) -> String {
        switch self {
        case .sqlite:
            " ON CONFLICT (\(key.joined(separator: ", "))) DO UPDATE SET "
                + columns.map { "\($0) = excluded.\($0)" }.joined(separator: ", ")
        case .mysql:
            " ON DUPLICATE KEY UPDATE " + columns.map { "\($0) = VALUES(\($0))" }.joined(separator: ", ")
        }
    }
}
