/// A shell's pattern with `*` and `?`; a backslash takes their meaning away.
struct ShellPattern {
    private enum Token {
        case literal(Unicode.Scalar)
        case any
        case anyRun
    }

    private let tokens: [Token]

    /// No name or suffix needs a longer one.
    private static let longest = 1024

    init(_ text: String) throws(ExpansionProblem) {
        guard text.utf8.count <= Self.longest else {
            throw ExpansionProblem(message: "a pattern has more than \(Self.longest) characters")
        }
        var tokens: [Token] = []
        var rest = Array(text.unicodeScalars)[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*": tokens.append(.anyRun)
            case "?": tokens.append(.any)
            case "\\":
                guard let escaped = rest.popFirst(), "*?\\}/".unicodeScalars.contains(escaped) else {
                    throw ExpansionProblem(
                        message: "a backslash in the pattern '\(text)' escapes nothing that needs it",
                        hints: [#"escape '*', '?', '\', '}' and '/' alone"#])
                }
                tokens.append(.literal(escaped))
            default: tokens.append(.literal(scalar))
            }
        }
        self.tokens = tokens
    }

    /// Where the shortest or longest match that starts with the value ends.
    func prefix(of value: ArraySlice<Unicode.Scalar>, longest: Bool) -> Int? {
        let ends = Self.ends(tokens[...], value.map { $0 })
        let length = longest ? ends.lastIndex(of: true) : ends.firstIndex(of: true)
        return length.map { value.startIndex + $0 }
    }

    /// Where the shortest or longest match that ends with the value starts.
    func suffix(of value: ArraySlice<Unicode.Scalar>, longest: Bool) -> Int? {
        let ends = Self.ends(Array(tokens.reversed())[...], value.reversed())
        let length = longest ? ends.lastIndex(of: true) : ends.firstIndex(of: true)
        return length.map { value.endIndex - $0 }
    }

    /// Whether all of a value matches.
    func matches(_ value: String) -> Bool {
        Self.ends(tokens[...], Array(value.unicodeScalars)).last ?? false
    }

    /// For each length of a start of the value, whether the tokens match it: one pass a token, whatever the pattern.
    private static func ends(_ tokens: ArraySlice<Token>, _ value: [Unicode.Scalar]) -> [Bool] {
        var reached = [Bool](repeating: false, count: value.count + 1)
        reached[0] = true
        for token in tokens {
            var next = [Bool](repeating: false, count: value.count + 1)
            for length in 0...value.count {
                switch token {
                case .literal(let scalar):
                    next[length] = length > 0 && reached[length - 1] && value[length - 1] == scalar
                case .any: next[length] = length > 0 && reached[length - 1] && value[length - 1] != "\n"
                case .anyRun:
                    next[length] = reached[length] || (length > 0 && next[length - 1] && value[length - 1] != "\n")
                }
            }
            guard next.contains(true) else { return next }
            reached = next
        }
        return reached
    }
}
