public import Diagnostics

/// A row that a query found, read by the names of its columns.
public struct SQLRow: Sendable, Hashable {
    private let names: [String]
    private let values: [SQLValue]

    /// Takes the columns' names and their values, as many of each.
    public init(names: [String], values: [SQLValue]) {
        self.names = names
        self.values = values
    }

    private func value(_ name: String) throws(DatabaseError) -> SQLValue {
        guard let number = names.firstIndex(of: name), number < values.count else {
            throw DatabaseError(.failed, "a row has no column '\(name)'")
        }
        return values[number]
    }

    /// A text.
    public func text(_ name: String) throws(DatabaseError) -> String {
        guard let text = try optionalText(name) else { throw unexpectedNull(name) }
        return text
    }

    /// A text, or nil for NULL.
    public func optionalText(_ name: String) throws(DatabaseError) -> String? {
        switch try value(name) {
        case .text(let text): text
        case .bytes(let bytes): String(decoding: bytes, as: UTF8.self)
        case .integer(let number): String(number)
        case .null: nil
        }
    }

    /// A whole number.
    public func integer(_ name: String) throws(DatabaseError) -> Int64 {
        guard let number = try optionalInteger(name) else { throw unexpectedNull(name) }
        return number
    }

    /// A whole number, or nil for NULL.
    public func optionalInteger(_ name: String) throws(DatabaseError) -> Int64? {
        switch try value(name) {
        case .integer(let number): return number
        case .null: return nil
        case .text(let text):
            // Sums and the like come as decimal numbers from MySQL.
            if let number = Int64(text) { return number }
            fallthrough
        case .bytes: throw DatabaseError(.failed, "the column '\(name)' holds no whole number")
        }
    }

    /// A flag, kept as 0 or 1.
    public func flag(_ name: String) throws(DatabaseError) -> Bool { try integer(name) != 0 }

    /// Bytes, or nil for NULL.
    public func optionalBytes(_ name: String) throws(DatabaseError) -> [UInt8]? {
        switch try value(name) {
        case .bytes(let bytes): bytes
        case .text(let text): Array(text.utf8)
        case .null: nil
        case .integer: throw DatabaseError(.failed, "the column '\(name)' holds no bytes")
        }
    }

    /// Bytes.
    public func bytes(_ name: String) throws(DatabaseError) -> [UInt8] {
        guard let bytes = try optionalBytes(name) else { throw unexpectedNull(name) }
        return bytes
    }

    private func unexpectedNull(_ name: String) -> DatabaseError {
        DatabaseError(.failed, "the column '\(name)' holds nothing")
    }
}
