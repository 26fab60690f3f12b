/// Which variables a text uses.
enum VariableUse {
    /// Those that are used as they are, `$a` and `${a}`: a text with `${a:-b}` knows what it does without `a`.
    static func plain(in text: String, escape: Character) -> [String] {
        var names: [String] = []
        var rest = Array(text.unicodeScalars)[...]
        let escape = escape.unicodeScalars.first
        while let scalar = rest.popFirst() {
            switch scalar {
            case escape: _ = rest.popFirst()
            case "'": rest = rest.firstIndex(of: "'").map { rest[($0 + 1)...] } ?? []
            case "$":
                let isBraced = rest.first == "{"
                if isBraced { rest.removeFirst() }
                let name = rest.prefix { $0 == "_" || ($0.isASCII && $0.properties.isAlphabetic) || isDigit($0) }
                rest = rest[name.endIndex...]
                guard !name.isEmpty, !isBraced || rest.first == "}" else { continue }
                names.append(name.text)
            default: continue
            }
        }
        return names
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
}
