/// What was found out about a registry, one thing at a time.
public struct RegistryFinding: Sendable, Hashable, Codable {
    /// Whether it does it.
    public enum Verdict: String, Sendable, Hashable, Codable {
        /// It does.
        case yes
        /// It does not, or not for us.
        case no
        /// It was not asked, or its answer tells nothing.
        case unknown
    }

    /// What was asked about, one word.
    public let subject: String
    /// Whether it does it.
    public let verdict: Verdict
    /// What it answered, for people.
    public let detail: String

    /// Takes the parts.
    public init(_ subject: String, _ verdict: Verdict, _ detail: String) {
        self.subject = subject
        self.verdict = verdict
        self.detail = detail
    }
}
