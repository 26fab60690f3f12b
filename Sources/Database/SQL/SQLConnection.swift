/// A connection within a transaction. It lives as long as the closure that got it, on the thread that runs it.
public protocol SQLConnection {
    /// Carries a statement out; each `?` stands for the next argument.
    /// - Returns: how many rows it found to change.
    @discardableResult
    func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int
    /// The rows of a query; each `?` stands for the next argument.
    func query(_ sql: String, _ arguments: [SQLValue]) throws -> [SQLRow]
    /// The number that the last inserted row was given.
    var lastInsertedID: Int64 { get }
}

extension SQLConnection {
    /// Carries out a statement without arguments.
    @discardableResult
    public func execute(_ sql: String) throws -> Int { try execute(sql, []) }

    /// The first row of a query, if there is one.
    public func first(_ sql: String, _ arguments: [SQLValue] = []) throws -> SQLRow? {
        try query(sql, arguments).first
    }
}
