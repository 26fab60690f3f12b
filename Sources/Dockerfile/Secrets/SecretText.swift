/// A text of a Dockerfile in which secrets stand as they are: passwords of URLs, values of options and variables whose
/// names tell it, headers, and tokens that services give out in a known form.
struct SecretText {
    /// What a secret is.
    enum Kind: Sendable, Hashable {
        /// A password in a URL.
        case url
        /// The value of a variable or an option with such a name.
        case named(String)
        /// What a header or an option gives to a server.
        case login
        /// A token of a form that a service is known by.
        case token
    }

    /// The secrets, each with its bytes in the text.
    private(set) var secrets: [(kind: Kind, bytes: Range<Int>)] = []
    private let bytes: [UInt8]

    init(_ text: String) {
        bytes = Array(text.utf8)
        // Without these there is neither a value nor a token.
        guard bytes.contains(where: { Self.marks[Int($0)] }) else { return }
        let words = Self.words(bytes)
        for (number, word) in words.enumerated() {
            let before = words[max(0, number - 2)..<number].map { Self.text(bytes[$0]) }
            read(word, after: before)
        }
    }

    /// The text without them; passwords of URLs are for `redacted(url:)` to take out.
    var masked: String {
        var result: [UInt8] = []
        var position = 0
        for secret in secrets where secret.kind != .url && secret.bytes.lowerBound >= position {
            result += bytes[position..<secret.bytes.lowerBound]
            result += Array("…".utf8)
            position = secret.bytes.upperBound
        }
        return String(decoding: result + bytes[position...], as: UTF8.self)
    }

    // MARK: Words

    private static let marks: [Bool] = (0...255).map { "=:-_AI".utf8.contains(UInt8($0)) }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    /// What words end at, by byte.
    private static let dividers: [Bool] = (0...255).map { UInt8($0).isBlank || "\"'`;&|()[],".utf8.contains(UInt8($0)) }

    private static func words(_ bytes: [UInt8]) -> [Range<Int>] {
        var words: [Range<Int>] = []
        var start: Int?
        for (place, byte) in bytes.enumerated() {
            if dividers[Int(byte)] {
                if let first = start { words.append(first..<place) }
                start = nil
            } else if start == nil {
                start = place
            }
        }
        if let first = start { words.append(first..<bytes.count) }
        return words
    }

    /// - Parameter before: at most two words.
    private mutating func read(_ word: Range<Int>, after before: [String]) {
        let text = Self.text(bytes[word])
        let previous = before.last ?? ""
        if Self.holdsPassword(text) { return secrets.append((.url, word)) }
        if let place = Self.token(in: bytes[word]) { return secrets.append((.token, place)) }
        if ["-u", "--user"].contains(previous), let colon = text.firstIndex(of: ":"), colon != text.startIndex,
            SecretNames.isLiteral(text[text.index(after: colon)...]), !text[text.index(after: colon)...].isEmpty,
            !text.utf8.allSatisfy({ ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x3A })
        {
            return secrets.append((.login, word))
        }
        if before.count == 2, before[0].lowercased().hasSuffix("authorization:"),
            ["bearer", "basic", "token"].contains(previous.lowercased()), SecretNames.isLiteral(text)
        {
            return secrets.append((.login, word))
        }
        if previous.hasPrefix("--"), !previous.contains("="), SecretNames.tell(previous), !text.hasPrefix("-"),
            SecretNames.isLiteral(text)
        {
            return secrets.append((.named(previous), word))
        }
        guard let equals = bytes[word].firstIndex(of: UInt8(ascii: "=")), equals > word.lowerBound else { return }
        let name = Self.text(bytes[word.lowerBound..<equals])
        var start = equals + 1
        var end = word.upperBound
        if start == end, end < bytes.count, bytes[end] == UInt8(ascii: "\"") || bytes[end] == UInt8(ascii: "'") {
            // `NAME="a value"`: up to the closing quote.
            start = end + 1
            end = bytes[start...].firstIndex(of: bytes[end]) ?? bytes.count
        }
        guard start < end, SecretNames.tell(name), name.utf8.allSatisfy(\.isNamePart),
            SecretNames.isLiteral(Self.text(bytes[start..<end]))
        else { return }
        secrets.append((.named(name), start..<end))
    }

    // MARK: Forms

    /// Whether a URL's authority has a password that is written out.
    private static func holdsPassword(_ word: String) -> Bool {
        guard let scheme = word.firstRange(of: "://") else { return false }
        let authority = word[scheme.upperBound...].prefix { $0 != "/" }
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else {
            return false
        }
        let password = authority[authority.index(after: colon)..<at]
        return SecretNames.isLiteral(password)
    }

    /// How the tokens of well-known services start.
    private static let prefixes: [[UInt8]] = [
        "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "npm_", "pypi-AgE", "xoxb-", "xoxp-",
        "xoxa-", "AKIA", "ASIA", "AIza", "dckr_pat_", "sk-ant-", "sk-proj-", "sk_live_", "rk_live_",
    ].map { Array($0.utf8) }

    private static let starts = Set(prefixes.compactMap(\.first))

    /// A token, from a prefix on: long, and of letters and digits.
    private static func token(in word: ArraySlice<UInt8>) -> Range<Int>? {
        guard word.count >= 20 else { return nil }
        for start in word.indices
        where starts.contains(word[start]) && (start == word.startIndex || !word[start - 1].isTokenPart) {
            for prefix in prefixes where word[start...].starts(with: prefix) {
                let end = word[start...].firstIndex { !$0.isTokenPart } ?? word.endIndex
                if end - start - prefix.count >= 16 { return start..<end }
            }
        }
        return nil
    }
}

extension UInt8 {
    private var isAlphanumeric: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }

    fileprivate var isTokenPart: Bool { isAlphanumeric || self == UInt8(ascii: "_") || self == UInt8(ascii: "-") }
    fileprivate var isNamePart: Bool { isTokenPart || self == UInt8(ascii: ".") }
}
