public import Diagnostics

// SQL databases behind one small protocol: SQLite by GRDB, MySQL and MariaDB by libmariadb. This room knows no tables.

/// A database that cannot do what it is told.
public typealias DatabaseError = Failure<DatabaseErrorCode>

/// How a database can fail.
public enum DatabaseErrorCode: String, FailureCode {
    /// It cannot be reached, or broke off; trying again later may do.
    case unavailable = "database_unavailable"
    /// A statement or a value is wrong, or a row holds what it should not.
    case failed = "database_failed"
    /// A row with that key is there already.
    case duplicate = "database_duplicate"
    /// The address of a database cannot be read.
    case invalidAddress = "database_invalid_address"
    /// The tables were made by a later version of the program.
    case newerSchema = "database_newer_schema"

    /// The asker's, where the address is wrong.
    public var blame: Blame { self == .invalidAddress ? .request : .outside }
}
