/// A value in a statement or a row.
public enum SQLValue: Sendable, Hashable {
    /// NULL.
    case null
    /// A whole number.
    case integer(Int64)
    /// A text in UTF-8.
    case text(String)
    /// Bytes.
    case bytes([UInt8])
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByNilLiteral {
    /// A text.
    public init(stringLiteral text: String) { self = .text(text) }
    /// A whole number.
    public init(integerLiteral number: Int64) { self = .integer(number) }
    /// NULL.
    public init(nilLiteral: ()) { self = .null }
    /// A text, or NULL.
    public init(_ text: String?) { self = text.map { .text($0) } ?? .null }
    /// A whole number, or NULL.
    public init(_ number: Int64?) { self = number.map { .integer($0) } ?? .null }
    /// A whole number.
    public init(_ number: Int) { self = .integer(Int64(number)) }
    /// 1 or 0.
    public init(_ flag: Bool) { self = .integer(flag ? 1 : 0) }
    /// Bytes, or NULL.
    public init(_ bytes: [UInt8]?) { self = bytes.map { .bytes($0) } ?? .null }
}
