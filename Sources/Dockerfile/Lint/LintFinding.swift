/// What a rule says of a place in a Dockerfile.
public struct LintFinding: Sendable, Hashable {
    /// The rule's name.
    public var rule: String
    /// How much it matters.
    public var severity: LintSeverity
    /// One sentence. No value of a variable and no secret is in it.
    public var message: String
    /// The line, from 1.
    public var line: Int
    /// The column in characters, from 1.
    public var column: Int
    /// What can be done, one sentence each.
    public var hints: [String]
}
