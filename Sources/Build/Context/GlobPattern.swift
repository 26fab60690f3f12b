/// A path pattern as Docker's ignore files have it: Go's `filepath.Match` (`*`, `?`, `[a-z]`, `\` to escape) within a
/// part of a path, and `**` for any number of parts.
struct GlobPattern: Hashable, Sendable {
    private enum Token: Hashable, Sendable {
        case literal(Unicode.Scalar)
        case anyScalar
        /// Any run of scalars within a part.
        case anyRun
        /// Any run of whole parts, `**`.
        case anyParts
        case set([ClosedRange<UInt32>], isNegated: Bool)
    }

    private let tokens: [Token]

    /// Reads a pattern; nil if a bracket or an escape does not end.
    init?(_ text: some StringProtocol) {
        var tokens: [Token] = []
        var rest = Substring(text).unicodeScalars
        while let scalar = rest.popFirst() {
            switch scalar {
            case "*":
                guard rest.first == "*" else {
                    tokens.append(.anyRun)
                    continue
                }
                while rest.first == "*" { rest.removeFirst() }
                // `**/x` also matches `x`: the slash belongs to the run.
                if rest.first == "/" { rest.removeFirst() }
                tokens.append(.anyParts)
            case "?": tokens.append(.anyScalar)
            case "\\":
                guard let escaped = rest.popFirst() else { return nil }
                tokens.append(.literal(escaped))
            case "[":
                guard let set = Self.set(&rest) else { return nil }
                tokens.append(set)
            default: tokens.append(.literal(scalar))
            }
        }
        self.tokens = tokens
    }

    private static func set(_ rest: inout Substring.UnicodeScalarView) -> Token? {
        let isNegated = rest.first == "^"
        if isNegated { rest.removeFirst() }
        var ranges: [ClosedRange<UInt32>] = []
        func scalar(_ rest: inout Substring.UnicodeScalarView) -> UInt32? {
            guard let next = rest.popFirst() else { return nil }
            return next == "\\" ? rest.popFirst()?.value : next.value
        }
        repeat {
            guard rest.first != "]", let low = scalar(&rest) else { return nil }
            guard rest.first == "-" else {
                ranges.append(low...low)
                continue
            }
            rest.removeFirst()
            guard rest.first != "]", let high = scalar(&rest), high >= low else { return nil }
            ranges.append(low...high)
        } while rest.first != "]" && !rest.isEmpty
        guard rest.popFirst() == "]" else { return nil }
        return .set(ranges, isNegated: isNegated)
    }

    /// Whether the whole path matches.
    func matches(_ path: String) -> Bool {
        matches(ArraySlice(tokens), Array(path.unicodeScalars)[...])
    }

    private func matches(_ tokens: ArraySlice<Token>, _ path: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let token = tokens.first else { return path.isEmpty }
        let rest = tokens.dropFirst()
        switch token {
        case .anyParts:
            // A trailing `**` takes everything; otherwise the rest starts at some part.
            if rest.isEmpty { return true }
            var tail = path
            while true {
                if matches(rest, tail) { return true }
                guard let slash = tail.firstIndex(of: "/") else { return false }
                tail = tail[(slash + 1)...]
            }
        case .anyRun:
            var tail = path
            while true {
                if matches(rest, tail) { return true }
                guard let next = tail.first, next != "/" else { return false }
                tail = tail.dropFirst()
            }
        case .anyScalar:
            guard let next = path.first, next != "/" else { return false }
            return matches(rest, path.dropFirst())
        case .literal(let scalar):
            guard path.first == scalar else { return false }
            return matches(rest, path.dropFirst())
        case .set(let ranges, let isNegated):
            guard let next = path.first, next != "/" else { return false }
            guard ranges.contains(where: { $0.contains(next.value) }) != isNegated else { return false }
            return matches(rest, path.dropFirst())
        }
    }
}
