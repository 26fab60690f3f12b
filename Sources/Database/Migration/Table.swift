/// A table as both dialects make it.
public struct Table: Sendable {
    /// What a column holds.
    public enum Kind: Sendable, Hashable {
        /// Numbers that the database gives to rows in the order in which they come; the primary key.
        case sequence
        /// A whole number of 64 bits.
        case integer
        /// A text of at most so many characters, which can be part of a key; compared byte by byte.
        case key(Int)
        /// A text of up to 16 MiB.
        case text
        /// Bytes, up to 16 MiB.
        case bytes
    }

    /// A column.
    public struct Column: Sendable, Hashable {
        let name: String
        let kind: Kind
        let isOptional: Bool

        /// Names a column.
        /// - Parameter optional: whether it may be NULL.
        public init(_ name: String, _ kind: Kind, optional: Bool = false) {
            self.name = name
            self.kind = kind
            isOptional = optional
        }
    }

    private let name: String
    private let columns: [Column]
    private let primaryKey: [String]
    private let unique: [[String]]
    private let indexes: [[String]]

    /// Takes the parts.
    /// - Parameters:
    ///   - primaryKey: the columns of the key; empty where a column is a `sequence`.
    ///   - unique: columns of which no two rows have the same values.
    ///   - indexes: columns by which rows are looked for.
    public init(
        _ name: String, _ columns: [Column], primaryKey: [String] = [], unique: [[String]] = [],
        indexes: [[String]] = []
    ) {
        self.name = name
        self.columns = columns
        self.primaryKey = primaryKey
        self.unique = unique
        self.indexes = indexes
    }

    /// The statements that make the table where it is missing.
    public func statements(_ dialect: SQLDialect) -> [String] {
        var lines = columns.map { definition($0, dialect) }
        if !primaryKey.isEmpty { lines.append("PRIMARY KEY (\(list(primaryKey)))") }
        for columns in unique { lines.append("UNIQUE (\(list(columns)))") }
        switch dialect {
        case .sqlite:
            let table = "CREATE TABLE IF NOT EXISTS \(name) (\(lines.joined(separator: ", ")))"
            return [table]
                + indexes.map { "CREATE INDEX IF NOT EXISTS \(indexName($0)) ON \(name) (\(list($0)))" }
        case .mysql:
            lines += indexes.map { "KEY \(indexName($0)) (\(list($0)))" }
            // Rows of a key are compared byte by byte, as SQLite does it.
            return [
                "CREATE TABLE IF NOT EXISTS \(name) (\(lines.joined(separator: ", ")))"
                    + " ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
            ]
        }
    }

    private func definition(_ column: Column, _ dialect: SQLDialect) -> String {
        let type =
            switch (column.kind, dialect) {
            case (.sequence, .sqlite): "INTEGER PRIMARY KEY AUTOINCREMENT"
            case (.sequence, .mysql): "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY"
            case (.integer, _): "BIGINT"
            case (.key(let length), _): "VARCHAR(\(length))"
            case (.text, .sqlite): "TEXT"
            case (.text, .mysql): "MEDIUMTEXT"
            case (.bytes, .sqlite): "BLOB"
            case (.bytes, .mysql): "MEDIUMBLOB"
            }
        let needsNull = column.kind != .sequence && !column.isOptional
        return "\(column.name) \(type)\(needsNull ? " NOT NULL" : "")"
    }

    private func indexName(_ columns: [String]) -> String { "\(name)_by_\(columns.joined(separator: "_"))" }

    private func list(_ columns: [String]) -> String { columns.joined(separator: ", ") }
}
