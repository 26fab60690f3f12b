/// Removes what may be secret from a URL before it is shown, logged or made part of a key: user information and the
/// values of the query, which carry tokens and signatures.
///
/// It works on the text and never fails, since it is called on what could not be parsed, too.
public func redacted(url: String) -> String {
    var rest = Substring(url)
    var prefix = ""
    if let scheme = rest.firstRange(of: "://") {
        prefix = String(rest[..<scheme.upperBound])
        rest = rest[scheme.upperBound...]
    }
    let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    var authority = rest[..<authorityEnd]
    if let at = authority.lastIndex(of: "@") {
        authority = authority[authority.index(after: at)...]
    }
    var tail = rest[authorityEnd...]
    if let fragment = tail.firstIndex(of: "#") { tail = tail[..<fragment] }
    guard let question = tail.firstIndex(of: "?") else { return prefix + authority + tail }
    let names = tail[tail.index(after: question)...].split(separator: "&").map { pair in
        pair.split(separator: "=", maxSplits: 1).first.map { "\($0)=…" } ?? ""
    }
    return prefix + authority + tail[..<question] + "?" + names.joined(separator: "&")
}
