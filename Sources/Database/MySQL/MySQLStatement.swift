import CMariaDB
import Diagnostics

/// A prepared statement: arguments travel apart from the text, so that none can be taken for a part of it.
final class MySQLStatement {
    private let handle: UnsafeMutablePointer<MYSQL_STMT>
    private unowned let connection: MySQLConnection
    private(set) var lastInsertedID: Int64 = 0

    init(_ sql: String, of connection: MySQLConnection) throws(DatabaseError) {
        self.connection = connection
        guard let handle = connection.makeStatement() else {
            throw DatabaseError(.unavailable, "there is no memory for a statement")
        }
        self.handle = handle
        var yes: my_bool = 1
        mysql_stmt_attr_set(handle, STMT_ATTR_UPDATE_MAX_LENGTH, &yes)
        guard mysql_stmt_prepare(handle, sql, UInt(sql.utf8.count)) == 0 else {
            let error = failure()
            mysql_stmt_close(handle)
            throw error
        }
    }

    func close() { mysql_stmt_close(handle) }

    /// - Returns: how many rows it found to change.
    func execute(_ arguments: [SQLValue]) throws(DatabaseError) -> Int {
        try run(arguments)
        let count = mysql_stmt_affected_rows(handle)
        lastInsertedID = Int64(bitPattern: mysql_stmt_insert_id(handle))
        mysql_stmt_free_result(handle)
        return count == .max ? 0 : Int(clamping: count)
    }

    func query(_ arguments: [SQLValue]) throws(DatabaseError) -> [SQLRow] {
        try run(arguments)
        guard mysql_stmt_store_result(handle) == 0 else { throw failure() }
        defer { mysql_stmt_free_result(handle) }
        guard let metadata = mysql_stmt_result_metadata(handle) else { return [] }
        defer { mysql_free_result(metadata) }
        guard let fields = mysql_fetch_fields(metadata) else { return [] }
        let columns = UnsafeBufferPointer(start: fields, count: Int(mysql_num_fields(metadata)))
        return try fetch(columns)
    }

    private func run(_ arguments: [SQLValue]) throws(DatabaseError) {
        guard Int(mysql_stmt_param_count(handle)) == arguments.count else {
            throw DatabaseError(
                .failed, "a statement has \(mysql_stmt_param_count(handle)) places and \(arguments.count) arguments")
        }
        let bound = BoundArguments(arguments)
        defer { bound.free() }
        if !arguments.isEmpty, mysql_stmt_bind_param(handle, bound.binds.baseAddress) != 0 { throw failure() }
        guard mysql_stmt_execute(handle) == 0 else { throw failure() }
    }

    private func fetch(_ columns: UnsafeBufferPointer<MYSQL_FIELD>) throws(DatabaseError) -> [SQLRow] {
        let names = columns.map { String(cString: $0.name) }
        let buffers = ColumnBuffers(columns)
        defer { buffers.free() }
        guard mysql_stmt_bind_result(handle, buffers.binds.baseAddress) == 0 else { throw failure() }
        var rows: [SQLRow] = []
        while true {
            switch mysql_stmt_fetch(handle) {
            case 0: rows.append(SQLRow(names: names, values: buffers.values()))
            case Int32(MYSQL_NO_DATA): return rows
            case Int32(MYSQL_DATA_TRUNCATED):
                throw DatabaseError(.failed, "the database sent a longer value than it told of")
            default: throw failure()
            }
        }
    }

    private func failure() -> DatabaseError {
        connection.failure(
            number: mysql_stmt_errno(handle), text: mysql_stmt_error(handle).map { String(cString: $0) } ?? "")
    }
}

/// Arguments in the form that libmariadb reads.
private struct BoundArguments {
    let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
    private let memory: [UnsafeMutableRawPointer]

    init(_ arguments: [SQLValue]) {
        binds = .allocate(capacity: arguments.count)
        binds.initialize(repeating: MYSQL_BIND())
        var memory: [UnsafeMutableRawPointer] = []
        func copy(_ bytes: some Collection<UInt8>) -> UnsafeMutableRawPointer {
            let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(1, bytes.count), alignment: 8)
            UnsafeMutableRawBufferPointer(start: pointer, count: bytes.count).copyBytes(from: bytes)
            memory.append(pointer)
            return pointer
        }
        for (number, argument) in arguments.enumerated() {
            switch argument {
            case .null: binds[number].buffer_type = MYSQL_TYPE_NULL
            case .integer(let value):
                binds[number].buffer_type = MYSQL_TYPE_LONGLONG
                binds[number].buffer = withUnsafeBytes(of: value) { copy($0) }
            case .text(let text):
                let bytes = Array(text.utf8)
                binds[number].buffer_type = MYSQL_TYPE_STRING
                binds[number].buffer = copy(bytes)
                binds[number].buffer_length = UInt(bytes.count)
            case .bytes(let bytes):
                binds[number].buffer_type = MYSQL_TYPE_BLOB
                binds[number].buffer = copy(bytes)
                binds[number].buffer_length = UInt(bytes.count)
            }
        }
        self.memory = memory
    }

    func free() {
        for pointer in memory { pointer.deallocate() }
        binds.deallocate()
    }
}

/// Room for the values of one row.
private struct ColumnBuffers {
    let binds: UnsafeMutableBufferPointer<MYSQL_BIND>
    private let lengths: UnsafeMutableBufferPointer<UInt>
    private let nulls: UnsafeMutableBufferPointer<my_bool>
    private let memory: [UnsafeMutableRawBufferPointer]
    private let kinds: [Kind]

    private enum Kind { case integer, text, bytes }

    /// The number of MySQL's character set of bytes that are no text.
    private static let binaryCharacterSet: UInt32 = 63

    init(_ columns: UnsafeBufferPointer<MYSQL_FIELD>) {
        binds = .allocate(capacity: columns.count)
        binds.initialize(repeating: MYSQL_BIND())
        lengths = .allocate(capacity: columns.count)
        lengths.initialize(repeating: 0)
        nulls = .allocate(capacity: columns.count)
        nulls.initialize(repeating: 0)
        var memory: [UnsafeMutableRawBufferPointer] = []
        kinds = columns.map { Self.kind(of: $0) }
        for (number, column) in columns.enumerated() {
            let isInteger = kinds[number] == .integer
            let room = UnsafeMutableRawBufferPointer.allocate(
                byteCount: isInteger ? 8 : max(1, Int(column.max_length)), alignment: 8)
            memory.append(room)
            binds[number].buffer_type = isInteger ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_BLOB
            binds[number].buffer = room.baseAddress
            binds[number].buffer_length = UInt(room.count)
            binds[number].length = lengths.baseAddress.map { $0 + number }
            binds[number].is_null = nulls.baseAddress.map { $0 + number }
        }
        self.memory = memory
    }

    private static func kind(of column: MYSQL_FIELD) -> Kind {
        switch column.type {
        case MYSQL_TYPE_TINY, MYSQL_TYPE_SHORT, MYSQL_TYPE_LONG, MYSQL_TYPE_INT24, MYSQL_TYPE_LONGLONG: .integer
        case MYSQL_TYPE_NEWDECIMAL, MYSQL_TYPE_DECIMAL, MYSQL_TYPE_DOUBLE, MYSQL_TYPE_FLOAT: .text
        default: column.charsetnr == binaryCharacterSet ? .bytes : .text
        }
    }

    func values() -> [SQLValue] {
        kinds.indices.map { number in
            if nulls[number] != 0 { return .null }
            let room = memory[number]
            let bytes = room.prefix(Int(lengths[number]))
            switch kinds[number] {
            case .integer: return .integer(room.load(as: Int64.self))
            case .text: return .text(String(decoding: bytes, as: UTF8.self))
            case .bytes: return .bytes(Array(bytes))
            }
        }
    }

    func free() {
        for room in memory { room.deallocate() }
        binds.deallocate()
        lengths.deallocate()
        nulls.deallocate()
    }
}
