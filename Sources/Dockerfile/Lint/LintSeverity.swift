/// How much a finding matters.
public enum LintSeverity: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// A matter of style, or of what might be better.
    case note
    /// Something that is likely to go wrong.
    case warning
    /// It cannot be built, or a secret gets out.
    case error

    /// By how much they matter.
    public static func < (left: LintSeverity, right: LintSeverity) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .note: 0
        case .warning: 1
        case .error: 2
        }
    }
}
