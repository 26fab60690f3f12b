/// What a netrc file says of hosts: the words of ftp's manual and of Python's `netrc`, which pip reads it by.
///
/// libcurl reads such files, too, but only while it asks; whoever must know beforehand whom a password is for, and take
/// care that no text holds it, has to read it himself.
public struct Netrc: Sendable {
    /// A user and a password.
    struct Login: Sendable, Hashable {
        var user: String
        var password: String
    }

    /// By host, lower case. The first of a host counts.
    private(set) var hosts: [(host: String, login: Login)] = []
    /// What counts for all other hosts.
    private(set) var fallback: Login?

    /// Reads a file's text. What is no word of netrc is passed over.
    public init(_ text: String) {
        var words = Words(text)
        // Nil before the first entry; an empty host is `default`.
        var host: String?
        var login = Login(user: "", password: "")
        var hasPassword = false
        func finished(_ netrc: inout Netrc) {
            guard let host, hasPassword else { return }
            if host.isEmpty {
                netrc.fallback = netrc.fallback ?? login
            } else if !netrc.hosts.contains(where: { $0.host == host }) {
                netrc.hosts.append((host, login))
            }
        }
        while let word = words.next() {
            switch word {
            case "machine", "default":
                finished(&self)
                host = word == "default" ? "" : words.next()?.lowercased()
                login = Login(user: "", password: "")
                hasPassword = false
            case "login", "user": login.user = words.next() ?? ""
            case "account": _ = words.next()
            case "password":
                guard let password = words.next() else { break }
                login.password = password
                hasPassword = true
            case "macdef": words.skipMacro()
            default: break
            }
        }
        finished(&self)
    }

    /// Every password, for those who take care that no text holds it.
    public var passwords: [String] { (hosts.map(\.login) + [fallback].compactMap(\.self)).map(\.password) }

    /// Every user with the password.
    public var logins: [(user: String, password: String)] {
        (hosts.map(\.login) + [fallback].compactMap(\.self)).map { ($0.user, $0.password) }
    }
}

/// The words of a netrc file: between white space, or in double quotes with `\` before what stands for itself. What a word
/// that starts with `#` begins is a comment, unless it is a value.
private struct Words {
    private var rest: Substring
    private var isValue = false

    init(_ text: String) { rest = text[...] }

    mutating func next() -> String? {
        while true {
            rest = rest.drop(while: \.isWhitespace)
            guard rest.first == "#", !isValue else { break }
            rest = rest.drop { !$0.isNewline }
        }
        guard let first = rest.first else { return nil }
        var word = ""
        var isQuoted = first == "\""
        if isQuoted { rest.removeFirst() }
        let mayBeKey = !isQuoted && !isValue
        while let character = rest.first {
            if isQuoted ? character == "\"" : character.isWhitespace { break }
            rest.removeFirst()
            if character == "\\", let escaped = rest.popFirst() {
                word.append(escaped)
            } else {
                word.append(character)
            }
        }
        if isQuoted, rest.first == "\"" { rest.removeFirst() }
        isQuoted = false
        isValue = mayBeKey && ["machine", "login", "user", "account", "password", "macdef"].contains(word)
        return word
    }

    /// A macro goes to the next empty line.
    mutating func skipMacro() {
        isValue = false
        while let end = rest.firstIndex(where: \.isNewline) {
            rest = rest[rest.index(after: end)...]
            if rest.first?.isNewline ?? true { return }
        }
        rest = ""
    }
}
