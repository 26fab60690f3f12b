/// A rule about Dockerfiles.
public struct LintRule: Sendable {
    /// Its name: BuildKit's where it has the same check (`StageNameCasing`), else words with dashes.
    public let name: String
    /// What else it is called: BuildKit's or hadolint's names of checks that it covers.
    public let aliases: [String]
    /// How much its findings matter, as a rule.
    public let severity: LintSeverity
    /// What it is about, in one sentence.
    public let summary: String
    /// What it finds.
    let check: @Sendable (LintSubject) -> [LintObservation]

    init(
        _ name: String, _ severity: LintSeverity, aliases: [String] = [], _ summary: String,
        check: @escaping @Sendable (LintSubject) -> [LintObservation]
    ) {
        self.name = name
        self.aliases = aliases
        self.severity = severity
        self.summary = summary
        self.check = check
    }

    /// All rules.
    public static let all: [LintRule] =
        lowering + bases + stages + secrets + copies + configuration + packages + style

    /// Whether the rule has a name, in any case of letters.
    public func isCalled(_ name: String) -> Bool {
        ([self.name] + aliases).contains { $0.lowercased() == name.lowercased() }
    }

    /// Whether what the Dockerfile says of all checks (`skip=all`) counts for it: what cannot be built stays so.
    var isOptional: Bool { !["invalid-syntax", "not-native", "missing-source", "invalid-base"].contains(name) }
}

/// What a rule found, before it is known which rule.
struct LintObservation {
    var line: Int
    var column: Int
    var message: String
    var hints: [String] = []
    /// In place of the rule's own.
    var severity: LintSeverity?
}
