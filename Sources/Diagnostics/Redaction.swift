/// Removes what may be secret from a URL before it is shown, logged or made part of a key: user information and the
/// values of the query, which carry tokens and signatures.
///
/// It works on the text and never fails, since it is called on what could not be parsed, too. A password that was not
/// escaped may hold what ends an authority: where an `@` follows, everything before it goes, rather too much than too
/// little.
public func redacted(url: String) -> String {
    let bytes = Array(url.utf8)
    var start = 0
    if let colon = bytes.indices.first(where: { bytes[$0...].starts(with: "://".utf8) }) { start = colon + 3 }
    let prefix = bytes[..<start]
    var rest = bytes[start...]
    let query = rest.firstIndex { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") } ?? rest.endIndex
    // Where what stands for host and port is none, even a question mark may be part of a password.
    let reach = isAuthority(rest[..<query].prefix { $0 != UInt8(ascii: "/") }) ? query : rest.endIndex
    if let at = rest[..<reach].lastIndex(of: UInt8(ascii: "@")) { rest = rest[(at + 1)...] }
    if let fragment = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<fragment] }
    func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }
    guard let question = rest.firstIndex(of: UInt8(ascii: "?")) else { return text(prefix + rest) }
    let names = rest[(question + 1)...].split(separator: UInt8(ascii: "&")).map { pair in
        // What has no name is a value.
        pair.firstIndex(of: UInt8(ascii: "=")).map { "\(text(pair[..<$0]))=…" } ?? "…"
    }
    return text(prefix + rest[...question]) + names.joined(separator: "&")
}

/// Whether a text may be all of a URL's authority: it has user information of its own, or what follows the host is a port.
private func isAuthority(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.contains(UInt8(ascii: "@")) || bytes.first == UInt8(ascii: "[") { return true }
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return true }
    return bytes[(colon + 1)...].allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
}
