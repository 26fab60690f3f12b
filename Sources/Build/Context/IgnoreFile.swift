public import Diagnostics

/// What a context leaves out: the patterns of a `.dockerignore` (Docker's documentation, "Build context"). The last
/// pattern that matches a path or a directory above it decides; `!` takes a path in again.
public struct IgnoreFile: Sendable {
    private struct Rule: Sendable {
        let pattern: GlobPattern
        let includes: Bool
    }

    private let rules: [Rule]

    /// What is left out of a context that has no `.dockerignore`: what a build never wants and what would change the
    /// image without any change of the code.
    static let usual: [String] = [
        ".git", ".hg", ".svn", "**/__pycache__", "**/*.pyc", ".venv", "**/.ipynb_checkpoints", "**/.pytest_cache",
        "**/.mypy_cache", "**/.ruff_cache", "**/.DS_Store",
    ]

    /// Reads a `.dockerignore`.
    /// - Parameter name: the file, for errors.
    /// - Throws: `BuildError` (`invalid_ignore_pattern`) with the line.
    public init(_ text: String, name: String) throws(BuildError) {
        var lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(String.init)
        // A byte order mark is what some editors start a file with.
        if let first = lines.first, first.unicodeScalars.first == "\u{FEFF}" {
            lines[0] = String(first.unicodeScalars.dropFirst())
        }
        var rules: [Rule] = []
        for (number, line) in lines.enumerated() where !line.hasPrefix("#") {
            let place = FailureContext("file", "\(name):\(number + 1)")
            if let rule = try Self.rule(line, place: place) { rules.append(rule) }
        }
        self.rules = rules
    }

    /// Takes patterns that are known to be good or come from flags.
    init(patterns: [String]) throws(BuildError) {
        var rules: [Rule] = []
        for pattern in patterns {
            if let rule = try Self.rule(pattern, place: FailureContext("pattern", pattern)) { rules.append(rule) }
        }
        self.rules = rules
    }

    private static func rule(_ line: String, place: FailureContext) throws(BuildError) -> Rule? {
        var text = line[...]
        text.trimSpaces()
        let includes = text.hasPrefix("!")
        if includes {
            text.removeFirst()
            text.trimSpaces()
            guard !text.isEmpty else {
                throw BuildError(
                    .invalidIgnorePattern, "'!' takes nothing in again", context: [place],
                    hints: ["write the pattern right behind it, as in !keep.txt"])
            }
        }
        let parts = text.split(separator: "/").filter { $0 != "." }
        guard !parts.isEmpty else { return nil }
        guard let pattern = GlobPattern(parts.joined(separator: "/")) else {
            throw BuildError(
                .invalidIgnorePattern, "'\(text)' is not a pattern", context: [place],
                hints: ["a bracket or an escape does not end"])
        }
        return Rule(pattern: pattern, includes: includes)
    }

    /// Whether a path is left out.
    /// - Parameter path: relative to the context.
    public func excludes(_ path: String) -> Bool {
        var excluded = false
        for rule in rules where rule.includes == excluded {
            if Self.matches(rule.pattern, path) { excluded.toggle() }
        }
        return excluded
    }

    /// Whether a directory that is left out can be passed over as a whole: nothing takes paths in again.
    public var prunes: Bool { !rules.contains { $0.includes } }

    private static func matches(_ pattern: GlobPattern, _ path: String) -> Bool {
        if pattern.matches(path) { return true }
        // A pattern that matches a directory speaks for all that is in it.
        var rest = path[...]
        while let slash = rest.lastIndex(of: "/") {
            rest = rest[..<slash]
            if pattern.matches(String(rest)) { return true }
        }
        return false
    }
}

extension Substring {
    fileprivate mutating func trimSpaces() {
        while first?.isWhitespace == true { removeFirst() }
        while last?.isWhitespace == true { removeLast() }
    }
}
