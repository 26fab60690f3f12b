import Spec

/// A word of a shell's text, split by the rules of POSIX (Shell Command Language, 2.2 and 2.6).
struct ShellWord: Sendable, Hashable {
    /// The text without its quotes, known variables put in.
    var text: String
    /// Whether a part outside of quotes is a pattern for paths.
    var hasPattern = false
    /// Whether any part is quoted.
    var isQuoted = false

    /// How messages show it.
    fileprivate var shown: String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                byte > 0x7F || Character(Unicode.Scalar(byte)).isLetter || Character(Unicode.Scalar(byte)).isNumber
                    || "_@%+=:,./~-[]*?".utf8.contains(byte)
            }
        return isPlain ? text : "'\(text)'"
    }
}

/// One simple command of a shell's text: what stands between `&&`, `;` and newlines.
struct ShellCommand: Sendable, Hashable {
    /// `NAME=value` before the command.
    var assignments: [String] = []
    /// The command and its arguments.
    var words: [ShellWord] = []
    /// Where its output goes.
    var redirections: [Redirection] = []
    /// What the command has beside its words that cannot be followed: `a pipe`.
    var problem: String?

    /// The output of a command into a file.
    struct Redirection: Sendable, Hashable {
        /// The number before `>`.
        var descriptor: String
        /// Whether it is `>>`.
        var appends: Bool
        /// The file; `&1` and `&2` for what the command had before.
        var target: ShellWord
    }

    /// The files that the image would show its output in.
    var files: [Redirection] {
        redirections.filter {
            !["/dev/null", "/dev/stdout", "/dev/stderr", "&1", "&2"].contains($0.target.text)
                || ($0.target.isQuoted && $0.target.text.hasPrefix("&"))
        }
    }

    /// The words' texts.
    var texts: [String] { words.map(\.text) }
    /// The first word.
    var name: String { words.first?.text ?? "" }
    /// How messages show it: quoted where it needs to be, values of variables and secrets of URLs left out.
    var shown: String {
        let names = assignments.map { String($0.prefix { $0 != "=" }) + "=…" }
        return SourceText.shown((names + words.map(\.shown)).joined(separator: " "))
    }

    /// The variables that are set for it alone.
    var assigned: [String: String] {
        Dictionary(assignments.compactMap(Self.assignment).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    /// A word `NAME=value`; nil for any other.
    static func assignment(_ word: String) -> EnvironmentVariable? {
        guard let equals = word.firstIndex(of: "="), let first = word.utf8.first,
            !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first), equals != word.startIndex,
            word[..<equals].allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") })
        else { return nil }
        return EnvironmentVariable(
            name: String(word[..<equals]), value: String(word[word.index(after: equals)...]))
    }

    /// A command in exec form, which no shell reads.
    init(words: [String]) { self.words = words.map { ShellWord(text: $0, isQuoted: true) } }

    init() {}
}
