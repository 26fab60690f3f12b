/// A step from one form of the tables to the next. What was released is never changed: a mistake is mended by another step.
public struct Migration: Sendable {
    /// Its number: 1, 2, 3 … without a gap.
    public let version: Int64
    /// The statements for a dialect. MySQL ends the transaction at each one that makes or changes a table, so that a step
    /// which broke off is begun again from its first statement: each must bear that (`IF NOT EXISTS`).
    public let statements: @Sendable (SQLDialect) -> [String]

    /// Takes the parts.
    public init(version: Int64, statements: @escaping @Sendable (SQLDialect) -> [String]) {
        self.version = version
        self.statements = statements
    }
}
