import CMariaDB
import Diagnostics

/// A connection to a server. It belongs to one thread at a time.
final class MySQLConnection: SQLConnection {
    private let handle: UnsafeMutablePointer<MYSQL>
    private let place: String
    /// Prepared statements by their text. The texts are the program's own, so there are not many.
    private var statements: [String: MySQLStatement] = [:]
    /// Whether it cannot be used any more.
    private(set) var isBroken = false
    private var isClosed = false
    private(set) var lastInsertedID: Int64 = 0

    private static let connectSeconds: UInt32 = 5
    /// A server that says nothing for so long is gone.
    private static let answerSeconds: UInt32 = 60

    /// libmariadb's own preparations, which no two threads may make at once.
    private static let isPrepared = mysql_server_init(0, nil, nil) == 0

    /// - Throws: `DatabaseError` (`unavailable`).
    init(_ address: MySQLAddress) throws(DatabaseError) {
        place = address.shown
        guard Self.isPrepared else { throw DatabaseError(.unavailable, "libmariadb cannot be used") }
        guard let handle = mysql_init(nil) else {
            throw DatabaseError(.unavailable, "there is no memory for a connection")
        }
        self.handle = handle
        Self.set(handle, MYSQL_OPT_CONNECT_TIMEOUT, Self.connectSeconds)
        Self.set(handle, MYSQL_OPT_READ_TIMEOUT, Self.answerSeconds)
        Self.set(handle, MYSQL_OPT_WRITE_TIMEOUT, Self.answerSeconds)
        mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4")
        // Without it, libmariadb takes 'localhost' for a socket at a place of its own.
        if address.socket == nil { Self.set(handle, MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP.rawValue) }
        Self.secure(handle, address)
        // Rows that were found count, not those whose values became others.
        let flags = UInt(CLIENT_FOUND_ROWS)
        let isOpen = mysql_real_connect(
            handle, address.socket == nil ? address.host : nil, address.user, address.password, address.database,
            address.port, address.socket, flags)
        guard isOpen != nil else {
            let error = failure()
            mysql_close(handle)
            throw error
        }
        do {
            // Writers look at what is there now, not at what was there when they began to wait for a lock.
            try command("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
            try command("SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'")
        } catch {
            mysql_close(handle)
            throw error
        }
    }

    /// Ends the connection.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        for statement in statements.values { statement.close() }
        statements = [:]
        mysql_close(handle)
        isBroken = true
    }

    private static func set(_ handle: UnsafeMutablePointer<MYSQL>, _ option: mysql_option, _ value: UInt32) {
        var value = value
        mysql_options(handle, option, &value)
    }

    private static func secure(_ handle: UnsafeMutablePointer<MYSQL>, _ address: MySQLAddress) {
        func flag(_ option: mysql_option, _ value: my_bool) {
            var value = value
            mysql_options(handle, option, &value)
        }
        switch address.security {
        case .disabled: return
        case .required:
            flag(MYSQL_OPT_SSL_ENFORCE, 1)
            flag(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, 0)
        case .verifyIdentity:
            flag(MYSQL_OPT_SSL_ENFORCE, 1)
            flag(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, 1)
            let file = address.authorityFile ?? "/etc/ssl/certs/ca-certificates.crt"
            mysql_options(handle, MYSQL_OPT_SSL_CA, file)
        }
    }

    /// Carries out a statement that takes no arguments and finds no rows.
    func command(_ sql: String) throws(DatabaseError) {
        guard mysql_real_query(handle, sql, UInt(sql.utf8.count)) == 0 else { throw failure() }
    }

    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
        let statement = try statement(sql)
        let count = try statement.execute(arguments)
        lastInsertedID = statement.lastInsertedID
        return count
    }

    func query(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow] {
        try statement(sql).query(arguments)
    }

    private func statement(_ sql: String) throws(DatabaseError) -> MySQLStatement {
        if let statement = statements[sql] { return statement }
        let statement = try MySQLStatement(sql, of: self)
        statements[sql] = statement
        return statement
    }

    func makeStatement() -> UnsafeMutablePointer<MYSQL_STMT>? { mysql_stmt_init(handle) }

    private func failure() -> DatabaseError {
        failure(number: mysql_errno(handle), text: mysql_error(handle).map { String(cString: $0) } ?? "")
    }

    /// The error of a number (MariaDB's documentation, "Error codes"; the client's own are in errmsg.h).
    func failure(number: UInt32, text: String) -> DatabaseError {
        let code: DatabaseErrorCode =
            switch Int32(bitPattern: number) {
            case CR_SERVER_GONE_ERROR, CR_SERVER_LOST, CR_CONNECTION_ERROR, CR_CONN_HOST_ERROR, CR_UNKNOWN_HOST,
                CR_SSL_CONNECTION_ERROR, CR_COMMANDS_OUT_OF_SYNC, ER_SERVER_SHUTDOWN, ER_CON_COUNT_ERROR,
                ER_NORMAL_SHUTDOWN, ER_CONNECTION_KILLED, ER_DISK_FULL, ER_OPTION_PREVENTS_STATEMENT, 1159, 1160, 1161,
                // "Unknown prepared statement handler": the connection was made anew behind our back.
                1243:
                .unavailable
            case ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT, ER_CHECKREAD: .unavailable
            case ER_DUP_ENTRY: .duplicate
            default: .failed
            }
        if code == .unavailable, !Self.isConflict(number) { isBroken = true }
        if Self.isConflict(number) { wasConflict = true }
        return DatabaseError(
            code, "the database says: \(text) (\(number))", context: [FailureContext("database", place)])
    }

    private var wasConflict = false

    /// Whether an error since the last call broke a transaction off that may be begun again at once.
    func takeConflict() -> Bool {
        defer { wasConflict = false }
        return wasConflict
    }

    private static func isConflict(_ number: UInt32) -> Bool {
        [ER_LOCK_DEADLOCK, ER_LOCK_WAIT_TIMEOUT, ER_CHECKREAD].contains(Int32(bitPattern: number))
    }
}
