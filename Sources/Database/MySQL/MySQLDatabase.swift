import Content
import Diagnostics
import Glibc
import Synchronization

/// A database of a MySQL or MariaDB server, by libmariadb. Any number of processes and machines may use it.
public final class MySQLDatabase: SQLDatabase {
    private let address: MySQLAddress
    private let pool: MySQLPool

    /// How often a transaction is tried that the database breaks off.
    private static let attempts = 20
    /// How long a process waits for another one that brings the tables up to date, in seconds.
    private static let migrationSeconds = 120

    /// Takes the address; connections are made when they are needed.
    public init(_ address: MySQLAddress) {
        self.address = address
        pool = MySQLPool(address)
    }

    /// MySQL's.
    public var dialect: SQLDialect { .mysql }

    /// Runs a transaction that may change something.
    @discardableResult
    public func write<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws
        -> Value
    {
        try await transaction("START TRANSACTION", body)
    }

    /// Runs a transaction that only reads.
    public func read<Value: Sendable>(_ body: @escaping @Sendable (any SQLConnection) throws -> Value) async throws
        -> Value
    {
        try await transaction("START TRANSACTION READ ONLY", body)
    }

    private func transaction<Value: Sendable>(
        _ start: String, _ body: @escaping @Sendable (any SQLConnection) throws -> Value
    ) async throws -> Value {
        try await pool.with { lent in
            var attempt = 1
            while true {
                var isCommitting = false
                do {
                    let connection = try lent.connection()
                    try connection.command(start)
                    let value = try body(connection)
                    isCommitting = true
                    try connection.command("COMMIT")
                    return value
                } catch {
                    let isConflict = lent.rollBack()
                    // A connection that idled too long is found broken at the first statement, and made anew once. What
                    // broke in the commit may have happened, and is the caller's to ask about.
                    let isStale = attempt == 1 && lent.wasIdle && lent.isBroken && !isCommitting
                    guard isConflict || isStale, attempt < Self.attempts else { throw error }
                    attempt += 1
                    // Those that collided do not meet again in step.
                    usleep(.random(in: 0...(UInt32(attempt) * 2000)))
                }
            }
        }
    }

    /// Brings the tables up to date, while other processes wait.
    public func migrate(_ migrations: [Migration]) async throws {
        try await pool.with { lent in
            let connection = try lent.connection()
            let row = try connection.first(
                "SELECT GET_LOCK('cooperage.migrations', ?) AS taken", [SQLValue(Self.migrationSeconds)])
            guard try row?.optionalInteger("taken") == 1 else {
                throw DatabaseError(
                    .unavailable, "another process has been changing the tables for \(Self.migrationSeconds) seconds")
            }
            defer { _ = try? connection.first("SELECT RELEASE_LOCK('cooperage.migrations') AS released") }
            try Migrator(migrations: migrations, dialect: .mysql).run(on: connection)
        }
    }

    /// Ends all connections.
    public func close() async { pool.close() }
}

/// Connections that are lent out, at most so many at once.
private final class MySQLPool: Sendable {
    private struct State {
        var idle: [LentConnection] = []
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        var isClosed = false
    }

    private let address: MySQLAddress
    private let state: Mutex<State>

    init(_ address: MySQLAddress) {
        self.address = address
        state = Mutex(State(free: address.connections))
    }

    /// Runs an operation with a connection, on a thread that may wait.
    func with<Value: Sendable>(_ operation: @escaping @Sendable (LentConnection) throws -> Value) async throws -> Value
    {
        let lent = try await take()
        defer { giveBack(lent) }
        return try await blocking { try operation(lent) }
    }

    private func take() async throws -> LentConnection {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
        let (lent, isClosed) = state.withLock { ($0.idle.popLast(), $0.isClosed) }
        if isClosed {
            giveBack(lent ?? LentConnection(address))
            throw DatabaseError(.unavailable, "the database was closed")
        }
        lent?.wasIdle = true
        return lent ?? LentConnection(address)
    }

    private func giveBack(_ lent: LentConnection) {
        let (next, isClosed) = state.withLock { state -> (CheckedContinuation<Void, Never>?, Bool) in
            if !lent.isBroken, !state.isClosed { state.idle.append(lent) }
            if state.waiting.isEmpty {
                state.free += 1
                return (nil, state.isClosed)
            }
            return (state.waiting.removeFirst(), state.isClosed)
        }
        if isClosed { lent.close() }
        next?.resume()
    }

    func close() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for lent in idle { lent.close() }
    }
}

/// A connection that one task has at a time: the pool lends it to one, and gets it back before it lends it again. That is
/// why it may go from thread to thread.
private final class LentConnection: @unchecked Sendable {
    private let address: MySQLAddress
    private var current: MySQLConnection?
    /// Whether it was open before it was lent.
    var wasIdle = false

    init(_ address: MySQLAddress) { self.address = address }

    var isBroken: Bool { current?.isBroken ?? true }

    /// The connection, made anew where it is broken.
    func connection() throws(DatabaseError) -> MySQLConnection {
        if let current, !current.isBroken { return current }
        close()
        let made = try MySQLConnection(address)
        current = made
        return made
    }

    /// Takes back what an attempt did.
    /// - Returns: whether the database broke it off because of another transaction.
    func rollBack() -> Bool {
        guard let current, !current.isBroken else { return false }
        let wasConflict = current.takeConflict()
        do {
            try current.command("ROLLBACK")
        } catch {
            current.close()
        }
        return wasConflict
    }

    func close() {
        current?.close()
        current = nil
    }
}
