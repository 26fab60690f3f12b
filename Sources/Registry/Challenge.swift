/// One way in that a server offers in `WWW-Authenticate` (RFC 9110, 11.6.1).
struct Challenge: Sendable, Hashable {
    /// `bearer`, `basic`, …, lower case.
    let scheme: String
    /// The parameters by their names, lower case.
    let parameters: [String: String]

    /// Reads the values of all `WWW-Authenticate` fields. A value may hold several challenges, and commas separate
    /// both challenges and parameters; what cannot be understood is skipped.
    static func parse(_ values: [String]) -> [Challenge] { values.flatMap { parse($0) } }

    private static func parse(_ value: String) -> [Challenge] {
        var challenges: [Challenge] = []
        var scheme: String?
        var parameters: [String: String] = [:]
        func finish() {
            if let scheme { challenges.append(Challenge(scheme: scheme, parameters: parameters)) }
            parameters = [:]
        }
        var scanner = Scanner(rest: Substring(value))
        while !scanner.isAtEnd {
            scanner.skip { $0 == " " || $0 == "\t" || $0 == "," }
            let word = scanner.take { !" \t,=\"".contains($0) }
            guard !word.isEmpty else {
                scanner.skipOne()
                continue
            }
            scanner.skip { $0 == " " || $0 == "\t" }
            if scanner.skipOne(if: "=") {
                scanner.skip { $0 == " " || $0 == "\t" }
                parameters[word.lowercased()] = scanner.value()
            } else {
                // A word without "=" is the name of the next scheme.
                finish()
                scheme = word.lowercased()
            }
        }
        finish()
        return challenges
    }

    private struct Scanner {
        var rest: Substring
        var isAtEnd: Bool { rest.isEmpty }

        mutating func take(while condition: (Character) -> Bool) -> String {
            let taken = rest.prefix(while: condition)
            rest = rest[taken.endIndex...]
            return String(taken)
        }

        mutating func skip(while condition: (Character) -> Bool) { rest = rest.drop(while: condition) }

        mutating func skipOne() { rest = rest.dropFirst() }

        mutating func skipOne(if character: Character) -> Bool {
            guard rest.first == character else { return false }
            skipOne()
            return true
        }

        /// A token, or a quoted string with its escapes undone.
        mutating func value() -> String {
            guard skipOne(if: "\"") else { return take { !" \t,".contains($0) } }
            var text = ""
            while let character = rest.first, character != "\"" {
                skipOne()
                if character == "\\", let escaped = rest.first {
                    text.append(escaped)
                    skipOne()
                } else {
                    text.append(character)
                }
            }
            skipOne()
            return text
        }
    }
}
