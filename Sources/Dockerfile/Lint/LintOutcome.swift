/// What is to be said of a Dockerfile.
public struct LintOutcome: Sendable, Hashable {
    /// How the Dockerfile is called.
    public var name: String
    /// What the rules found, by line.
    public var findings: [LintFinding]
    /// What becomes of the instructions that are built natively.
    public var remarks: [LoweringRemark]
    /// Whether the Dockerfile itself asks for a failure with any finding: `# check=error=true`.
    public var failsOnAll: Bool
    /// How many findings the Dockerfile's own comments, or the caller, hold back.
    public var ignoredCount: Int

    /// Whether something is found that matters as much, or more.
    public func fails(at threshold: LintSeverity?) -> Bool {
        guard let least = failsOnAll ? LintSeverity.note : threshold else { return false }
        return findings.contains { $0.severity >= least }
    }
}
