public import Diagnostics
import FoundationEssentials

extension CommandWords {
    /// The words of the command.
    ///
    /// A text that starts with a bracket is a JSON array of the words, as in a Dockerfile. Any other text is split at
    /// white space, with a shell's quotes and backslashes; nothing is expanded, and no shell runs. The empty text has
    /// no words, which takes the base's away.
    /// - Throws: `InterfaceError` with the text at fault.
    public func words() throws(InterfaceError) -> [String] {
        switch self {
        case .list(let words): return words
        case .text(let text):
            guard text.first(where: { !$0.isWhitespace }) == "[" else { return try Self.split(text) }
            guard let words = try? JSONDecoder().decode([String].self, from: Data(text.utf8)) else {
                throw InterfaceError(
                    .invalidFlag, "'\(text)' is not a JSON array of texts",
                    hints: [#"write '["python", "-m", "app"]', or the words without brackets: 'python -m app'"#])
            }
            return words
        }
    }

    private static func split(_ text: String) throws(InterfaceError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        var characters = text.makeIterator()
        while let character = characters.next() {
            switch (character, quote) {
            case ("'", "'"), ("\"", "\""): quote = nil
            case ("'", nil), ("\"", nil):
                quote = character
                word = word ?? ""
            case ("\\", nil), ("\\", "\""):
                guard let next = characters.next() else {
                    throw InterfaceError(.invalidFlag, "'\(text)' ends in a lone backslash")
                }
                // POSIX shell, 2.2.3: within double quotes a backslash is only special before these.
                if quote != nil, !"$`\"\\".contains(next) { word = (word ?? "") + "\\" }
                word = (word ?? "") + String(next)
            case (_, nil) where character.isWhitespace:
                if let finished = word { words.append(finished) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else {
            throw InterfaceError(.invalidFlag, "a quote is not closed in '\(text)'")
        }
        if let finished = word { words.append(finished) }
        return words
    }
}
