/// Where a secret stands in a text whose value is not known here: a mark that no Dockerfile holds, with the secret's id. Who
/// has the secrets puts them in.
public enum SecretMarker {
    /// Private characters (Unicode, 23.5): they stand for nothing in any file.
    private static let start: Unicode.Scalar = "\u{F5EC0}"
    private static let end: Unicode.Scalar = "\u{F5EC1}"

    /// The mark of a secret.
    static func text(_ id: String) -> String { "\(start)\(id)\(end)" }

    /// The ids of the marks in a text, in order.
    public static func ids(in text: String) -> [String] {
        var ids: [String] = []
        _ = replacing(in: text) {
            ids.append($0)
            return ""
        }
        return ids
    }

    /// The id, where a text is one mark and nothing else.
    public static func whole(_ text: String) -> String? {
        guard let id = ids(in: text).first, self.text(id) == text else { return nil }
        return id
    }

    /// The text with other words in the place of marks.
    public static func replacing(in text: String, _ body: (_ id: String) throws -> String) rethrows -> String {
        guard text.unicodeScalars.contains(start) else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let first = rest.firstIndex(of: start) {
            result.append(contentsOf: rest[..<first])
            rest = rest[rest.index(after: first)...]
            guard let last = rest.firstIndex(of: end) else { break }
            result.append(contentsOf: try body(String(rest[..<last])).unicodeScalars)
            rest = rest[rest.index(after: last)...]
        }
        result.append(contentsOf: rest)
        return String(result)
    }

    /// The text for people.
    static func shown(_ text: String) -> String { replacing(in: text) { "<secret \($0)>" } }

    /// The first secret that stands elsewhere in a URL than for its user or its password; there it would become part of
    /// keys and locks.
    static func misplaced(in url: String) -> String? {
        guard let first = ids(in: url).first, whole(url) == nil else { return nil }
        guard let scheme = url.firstRange(of: "://") else { return first }
        let authority = url[scheme.upperBound...].prefix { $0 != "/" }
        let user = authority.lastIndex(of: "@").map { authority[..<$0] } ?? ""
        let outside = url[..<scheme.upperBound] + url[(user.isEmpty ? scheme.upperBound : user.endIndex)...]
        return ids(in: String(outside)).first
    }
}
