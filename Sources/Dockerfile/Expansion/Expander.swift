/// Puts variables into a word and takes its quotes away, as BuildKit's instructions do it: `$a`, `${a}`, `${a:-b}`,
/// `${a-b}`, `${a:+b}`, `${a+b}`, `${a:?e}`, `${a?e}`, `${a#p}`, `${a##p}`, `${a%p}`, `${a%%p}`, `${a/p/r}` and
/// `${a//p/r}`.
struct Expander {
    /// What a variable holds; nil where it is not set.
    typealias Lookup = (_ name: String) throws(ExpansionProblem) -> String?

    private let escape: Unicode.Scalar
    private let lookup: Lookup

    /// Expansions in expansions end here, so that no text can use up the stack.
    private static let depth = 32

    /// Takes the parts.
    /// - Parameters:
    ///   - escape: the escape character.
    ///   - lookup: gives the variables.
    init(escape: Character = "\\", lookup: @escaping Lookup) {
        self.escape = escape.unicodeScalars.first ?? "\\"
        self.lookup = lookup
    }

    /// The text with its variables, without quotes and escapes; white space stays.
    func word(_ text: String) throws(ExpansionProblem) -> String {
        var run = Run(text, escape: escape, lookup: lookup)
        return try run.read(until: nil, keepsEscapes: false, depth: Self.depth).text
    }

    /// A text of several lines with its variables, in which quotes are what they are.
    func text(_ text: String) throws(ExpansionProblem) -> String {
        var run = Run(text, escape: escape, lookup: lookup)
        run.keepsQuotes = true
        return try run.read(until: nil, keepsEscapes: false, depth: Self.depth).text
    }

    /// The words of a text after its variables are put in; quotes keep white space together.
    func words(_ text: String) throws(ExpansionProblem) -> [String] {
        var run = Run(text, escape: escape, lookup: lookup)
        return try run.read(until: nil, keepsEscapes: false, depth: Self.depth).words
    }
}

/// What a text became, as one word and as several.
private struct Expanded {
    private var scalars = String.UnicodeScalarView()
    private(set) var count = 0
    private var finished: [String] = []
    private var current = String.UnicodeScalarView()

    var text: String { String(scalars) }
    var words: [String] { current.isEmpty ? finished : finished + [String(current)] }

    /// Adds a scalar at which a word may end.
    mutating func append(_ scalar: Unicode.Scalar) {
        scalars.append(scalar)
        count += 1
        if scalar.properties.isWhitespace {
            if !current.isEmpty { finished.append(String(current)) }
            current = .init()
        } else {
            current.append(scalar)
        }
    }

    /// Adds a scalar that is part of a word whatever it is.
    mutating func appendQuoted(_ scalar: Unicode.Scalar) {
        scalars.append(scalar)
        count += 1
        current.append(scalar)
    }
}

private struct Run {
    private var rest: ArraySlice<Unicode.Scalar>
    private let escape: Unicode.Scalar
    private let lookup: Expander.Lookup
    /// Whether quotes mean nothing.
    var keepsQuotes = false

    init(_ text: String, escape: Unicode.Scalar, lookup: @escaping Expander.Lookup) {
        rest = Array(text.unicodeScalars)[...]
        self.escape = escape
        self.lookup = lookup
    }

    /// Reads up to the end of the text or to a scalar, which is taken, too.
    mutating func read(
        until end: Unicode.Scalar?, keepsEscapes: Bool, depth: Int
    ) throws(ExpansionProblem) -> Expanded {
        guard depth > 0 else { throw ExpansionProblem(message: "expansions are nested too deep") }
        var result = Expanded()
        while let scalar = rest.first {
            if scalar == end {
                rest.removeFirst()
                return result
            }
            switch scalar {
            case "$":
                for part in try dollar(depth: depth).unicodeScalars { result.append(part) }
                try check(result)
            case "'" where !keepsQuotes:
                rest.removeFirst()
                guard let close = rest.firstIndex(of: "'") else { throw unclosed("a single quote") }
                for part in rest[..<close] { result.appendQuoted(part) }
                rest = rest[(close + 1)...]
            case "\"" where !keepsQuotes:
                try doubleQuoted(into: &result, keepsEscapes: keepsEscapes, depth: depth)
            case escape:
                rest.removeFirst()
                if keepsEscapes { result.appendQuoted(scalar) }
                if let escaped = rest.popFirst() { result.appendQuoted(escaped) }
            default:
                rest.removeFirst()
                result.append(scalar)
            }
        }
        if let end { throw unclosed("an expansion that ends in '\(end)'") }
        return result
    }

    private func check(_ result: Expanded) throws(ExpansionProblem) {
        guard result.count <= ExpansionBudget.single else {
            throw ExpansionProblem(message: "a value has more than \(ExpansionBudget.single) characters")
        }
    }

    private func unclosed(_ what: String) -> ExpansionProblem {
        ExpansionProblem(message: "\(what) is not closed")
    }

    private mutating func doubleQuoted(
        into result: inout Expanded, keepsEscapes: Bool, depth: Int
    ) throws(ExpansionProblem) {
        rest.removeFirst()
        while let scalar = rest.first {
            switch scalar {
            case "\"":
                rest.removeFirst()
                return
            case "$":
                for part in try dollar(depth: depth).unicodeScalars { result.appendQuoted(part) }
                try check(result)
            case escape:
                rest.removeFirst()
                if keepsEscapes { result.appendQuoted(scalar) }
                // Before all else the escape character stands for itself.
                if let next = rest.first, next == "\"" || next == "$" || next == escape {
                    rest.removeFirst()
                    result.appendQuoted(next)
                } else if !rest.isEmpty {
                    result.appendQuoted(scalar)
                }
            default:
                rest.removeFirst()
                result.appendQuoted(scalar)
            }
        }
        throw unclosed("a double quote")
    }

    // MARK: Variables

    /// A pattern is looked for from each character of a value on.
    private static let longestSearched = 4096

    private mutating func dollar(depth: Int) throws(ExpansionProblem) -> String {
        rest.removeFirst()
        guard rest.first == "{" else {
            let name = name()
            return name.isEmpty ? "$" : try lookup(name) ?? ""
        }
        rest.removeFirst()
        switch rest.first {
        case nil: throw unclosed("'${'")
        case "{", "}", ":": throw ExpansionProblem(message: "'${' is not followed by a name")
        default: break
        }
        let name = name()
        guard var modifier = rest.popFirst() else { throw unclosed("'${\(name)'") }
        if modifier == "}" { return try lookup(name) ?? "" }
        guard !name.isEmpty else { throw ExpansionProblem(message: "'${\(modifier)' is not followed by a name") }
        let emptyIsUnset = modifier == ":"
        if emptyIsUnset {
            guard let next = rest.popFirst() else { throw unclosed("'${\(name):'") }
            modifier = next
        }
        switch modifier {
        case "-", "+", "?": return try alternative(modifier, name, emptyIsUnset: emptyIsUnset, depth: depth)
        case "#", "%": return try trimmed(modifier, name, depth: depth)
        case "/" where !emptyIsUnset: return try replaced(name, depth: depth)
        default:
            throw ExpansionProblem(
                message: "'${\(name)\(emptyIsUnset ? ":" : "")\(modifier)…}' is not an expansion",
                hints: [
                    "those that are: ${a:-b}, ${a:+b}, ${a:?e}, the same without the colon, ${a#p}, ${a%p}, ${a/p/r}"
                ])
        }
    }

    private mutating func alternative(
        _ modifier: Unicode.Scalar, _ name: String, emptyIsUnset: Bool, depth: Int
    ) throws(ExpansionProblem) -> String {
        let word = try read(until: "}", keepsEscapes: false, depth: depth - 1).text
        let value = try lookup(name)
        let isSet = value.map { !(emptyIsUnset && $0.isEmpty) } ?? false
        switch modifier {
        case "-": return isSet ? value ?? "" : word
        case "+": return isSet ? word : ""
        default:
            guard !isSet else { return value ?? "" }
            let state = value == nil ? "is not set" : "is empty"
            throw ExpansionProblem(message: "'\(name)' \(state)" + (word.isEmpty ? "" : ": \(word)"))
        }
    }

    private mutating func trimmed(
        _ modifier: Unicode.Scalar, _ name: String, depth: Int
    ) throws(ExpansionProblem) -> String {
        let takesLongest = rest.first == modifier
        if takesLongest { rest.removeFirst() }
        let pattern = try ShellPattern(read(until: "}", keepsEscapes: true, depth: depth - 1).text)
        let value = Array((try lookup(name) ?? "").unicodeScalars)
        let kept =
            modifier == "#"
            ? pattern.prefix(of: value[...], longest: takesLongest).map { value[$0...] }
            : pattern.suffix(of: value[...], longest: takesLongest).map { value[..<$0] }
        return (kept ?? value[...]).text
    }

    private mutating func replaced(_ name: String, depth: Int) throws(ExpansionProblem) -> String {
        let replacesAll = rest.first == "/"
        if replacesAll { rest.removeFirst() }
        let pattern = try ShellPattern(read(until: "/", keepsEscapes: true, depth: depth - 1).text)
        let replacement = try read(until: "}", keepsEscapes: true, depth: depth - 1).text.unicodeScalars
        let value = Array((try lookup(name) ?? "").unicodeScalars)
        guard value.count <= Self.longestSearched else {
            throw ExpansionProblem(
                message: "'\(name)' has \(value.count) characters, and \(Self.longestSearched) can be searched")
        }
        var result: [Unicode.Scalar] = []
        var position = 0
        var lastEnd: Int?
        while position <= value.count {
            if let end = pattern.prefix(of: value[position...], longest: true), end > position || end != lastEnd {
                result += replacement
                lastEnd = end
                if !replacesAll { return (result[...] + value[end...]).text }
                if end > position {
                    position = end
                    continue
                }
            }
            if position < value.count { result.append(value[position]) }
            position += 1
        }
        return result[...].text
    }

    /// Letters, digits and `_`; digits alone; or one of the shell's special parameters, which no build sets.
    private mutating func name() -> String {
        guard let first = rest.first else { return "" }
        if "@*#?-$!".unicodeScalars.contains(first) {
            rest.removeFirst()
            return String(Character(first))
        }
        let isNumber = first.properties.numericType == .decimal
        let name = rest.prefix { scalar in
            let isDigit = scalar.properties.numericType == .decimal
            return isDigit || (!isNumber && (scalar == "_" || scalar.properties.isAlphabetic))
        }
        rest = rest[name.endIndex...]
        return name.text
    }
}

extension ArraySlice<Unicode.Scalar> {
    var text: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self)
        return String(view)
    }
}
