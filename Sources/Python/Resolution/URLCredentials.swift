import Diagnostics

/// The user information of the URLs that a build was given, by origin, so that locks, keys and messages can do without
/// it and the download of a wheel gets it back.
///
/// It has no description and is not Codable, since it must not get anywhere but into a request.
public struct URLCredentials: Sendable {
    private struct Entry {
        /// `https://host` or `https://host:8443`, a scheme's own port left out; for netrc the bare `host`.
        let origin: String
        let userInfo: String
    }

    private var entries: [Entry] = []

    /// Knows nothing.
    public init() {}

    /// Remembers each URL with user information in a text: a manifest, an option's value. The first for an origin
    /// counts.
    mutating func collect(from text: String) {
        let bytes = Array(text.utf8)
        for url in URLParts.all(in: bytes) {
            guard let userInfo = url.userInfo, !entries.contains(where: { $0.origin == url.origin }) else { continue }
            entries.append(Entry(origin: url.origin, userInfo: String(decoding: bytes[userInfo], as: UTF8.self)))
        }
    }

    /// Remembers what a netrc file says of hosts, as uv does when it resolves. The passwords of URLs go before it.
    mutating func collect(netrc text: String) {
        var host: String?
        var login = ""
        var words = text.split(whereSeparator: \.isWhitespace)[...]
        while let word = words.popFirst() {
            switch word {
            case "machine": host = words.popFirst()?.lowercased()
            case "default": host = nil
            case "login": login = words.popFirst().map(String.init) ?? ""
            case "password":
                guard let password = words.popFirst(), let host else { continue }
                remember(origin: host, user: login, password: String(password))
            default: break
            }
        }
    }

    /// Remembers a user and a password that were given apart from the URL that they are for.
    mutating func collect(user: String, password: String, for url: String) {
        guard let origin = URLParts.all(in: Array(url.utf8)).first?.origin else { return }
        remember(origin: origin, user: user, password: password)
    }

    /// Takes over what others know of further origins.
    mutating func add(_ others: URLCredentials) {
        entries += others.entries.filter { other in !entries.contains { $0.origin == other.origin } }
    }

    private mutating func remember(origin: String, user: String, password: String) {
        guard !entries.contains(where: { $0.origin == origin }) else { return }
        let userInfo = [user, password].map(PercentEncoding.value).joined(separator: ":")
        entries.append(Entry(origin: origin, userInfo: userInfo))
    }

    /// The URL with the user information that its origin was given with.
    public func adding(to url: String) -> String {
        guard let parts = URLParts.all(in: Array(url.utf8)).first, parts.userInfo == nil,
            let entry = entries.first(where: { $0.origin == parts.origin })
                ?? entries.first(where: { $0.origin == String(parts.host) }),
            let mark = url.firstRange(of: "://")
        else { return url }
        return "\(url[..<mark.upperBound])\(entry.userInfo)@\(url[mark.upperBound...])"
    }

    /// The origin of a URL, and the user information that it was given with.
    func login(for url: String) -> (origin: String, userInfo: String?) {
        guard let parts = URLParts.all(in: Array(url.utf8)).first else { return (url, nil) }
        let entry =
            entries.first { $0.origin == parts.origin } ?? entries.first { $0.origin == String(parts.host) }
        return (parts.origin, entry?.userInfo)
    }

    /// A text with the user information taken out of each URL in it. Everything else stays.
    static func removed(from text: String) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var position = 0
        for url in URLParts.all(in: bytes) {
            guard let userInfo = url.userInfo else { continue }
            result += bytes[position..<userInfo.lowerBound]
            position = userInfo.upperBound + 1
        }
        return position == 0 ? text : String(decoding: result + bytes[position...], as: UTF8.self)
    }

    /// A text that is fit to be shown: each URL in it without user information, query values and fragment.
    static func redacted(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result = ""
        var position = 0
        for url in URLParts.all(in: bytes) {
            result += String(decoding: bytes[position..<url.whole.lowerBound], as: UTF8.self)
            result += Diagnostics.redacted(url: String(decoding: bytes[url.whole], as: UTF8.self))
            position = url.whole.upperBound
        }
        return result + String(decoding: bytes[position...], as: UTF8.self)
    }
}

/// Where a URL's parts lie in a text around it, as byte offsets: texts of locks are long and this runs in each build.
private struct URLParts {
    /// All of it, to the next white space, quote or bracket, or to a comma that another URL follows.
    let whole: Range<Int>
    /// `user:password`, if it has any, without the `@`.
    let userInfo: Range<Int>?
    /// Scheme, host and port in lower case: `https://host:8443`, the user information and a scheme's own port left out.
    let origin: String

    /// The host alone.
    var host: Substring {
        let authority = origin.firstRange(of: "://").map { origin[$0.upperBound...] } ?? origin[...]
        if authority.hasPrefix("[") { return authority.prefix { $0 != "]" } }
        return authority.prefix { $0 != ":" }
    }

    /// Every URL in a text.
    static func all(in bytes: [UInt8]) -> [URLParts] {
        var found: [URLParts] = []
        var position = 0
        while let colon = bytes[position...].firstIndex(of: UInt8(ascii: ":")) {
            position = colon + 1
            guard bytes[position...].starts(with: "//".utf8) else { continue }
            var start = colon
            while start > 0, bytes[start - 1].isSchemeCharacter { start -= 1 }
            let tail = colon + 3
            let reach = bytes[tail...].firstIndex(where: \.endsURL) ?? bytes.count
            let end = Self.startOfNext(in: bytes, tail..<reach) ?? reach
            position = end
            guard start < colon else { continue }
            let authorityEnd = bytes[tail..<end].firstIndex { "/?#".utf8.contains($0) } ?? end
            let at = bytes[tail..<authorityEnd].lastIndex(of: UInt8(ascii: "@"))
            let host = bytes[(at.map { $0 + 1 } ?? tail)..<authorityEnd]
            found.append(
                URLParts(
                    whole: start..<end, userInfo: at.map { tail..<$0 },
                    origin: Self.origin(bytes[start..<colon], host)))
        }
        return found
    }

    /// Where a list of URLs goes on: the comma in front of the next one (`UV_FIND_LINKS`, `UV_INDEX`).
    private static func startOfNext(in bytes: [UInt8], _ range: Range<Int>) -> Int? {
        var position = range.lowerBound
        while let comma = bytes[position..<range.upperBound].firstIndex(of: UInt8(ascii: ",")) {
            let next = bytes[(comma + 1)..<range.upperBound]
            let scheme = next.prefix { $0.isSchemeCharacter }
            if !scheme.isEmpty, next[scheme.endIndex...].starts(with: "://".utf8) { return comma }
            position = comma + 1
        }
        return nil
    }

    private static func origin(_ scheme: ArraySlice<UInt8>, _ host: ArraySlice<UInt8>) -> String {
        var scheme = String(decoding: scheme, as: UTF8.self).lowercased()
        // A requirement says by what the host is to be spoken to, too: `git+https://…`.
        if scheme.hasPrefix("git+") { scheme.removeFirst("git+".count) }
        let host = String(decoding: host, as: UTF8.self).lowercased()
        let port = ["http": ":80", "https": ":443"][scheme]
        let isUsual = port.map { host.hasSuffix($0) } ?? false
        return "\(scheme)://\(isUsual ? host.dropLast(port?.count ?? 0) : host[...])"
    }
}

extension UInt8 {
    fileprivate var isSchemeCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    fileprivate var endsURL: Bool { self <= UInt8(ascii: " ") || "\"'`<>".utf8.contains(self) }
}
