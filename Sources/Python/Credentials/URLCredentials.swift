import Diagnostics
import Transfer

/// The user information of the URLs that a build was given, by origin, so that locks, keys and messages can do without
/// it and the download of a wheel gets it back.
///
/// It has no description and is not Codable, since it must not get anywhere but into a request.
public struct URLCredentials: Sendable {
    private struct Entry {
        /// `https://host` or `https://host:8443`, a scheme's own port left out.
        let origin: String
        /// Percent-encoded, `user:password`, or a user alone.
        let userInfo: String
        /// The URL that it was given with, without user information.
        let url: String

        var hasPassword: Bool {
            userInfo.firstIndex(of: ":").map { userInfo.index(after: $0) < userInfo.endIndex } ?? false
        }
        /// The user, decoded.
        var user: String { PercentEncoding.decoded(userInfo.prefix { $0 != ":" }) }
        /// The password, decoded.
        var password: String { PercentEncoding.decoded(userInfo.drop { $0 != ":" }.dropFirst()) }
    }

    private var entries: [Entry] = []
    private var netrc = Netrc("")
    /// Who is asked for the passwords of users that were given without one.
    var keyring: Keyring?

    /// Knows nothing.
    public init() {}

    /// Remembers each URL with user information in a text: a manifest, an option's value. The first for an origin
    /// counts, and one with a password before one without.
    mutating func collect(from text: String) {
        let bytes = Array(text.utf8)
        for url in URLParts.all(in: bytes) {
            guard let userInfo = url.userInfo else { continue }
            let whole = String(decoding: bytes[url.whole], as: UTF8.self)
            add(
                Entry(
                    origin: url.origin, userInfo: String(decoding: bytes[userInfo], as: UTF8.self),
                    url: Self.removed(from: whole)))
        }
    }

    /// Remembers what a netrc file says of hosts, as uv does when it resolves. The passwords of URLs go before it.
    mutating func collect(netrc: Netrc) { self.netrc = netrc }

    /// Remembers a user, and a password if there is one, that were given apart from the URL that they are for.
    mutating func collect(user: String, password: String?, for url: String) {
        guard let origin = URLParts.all(in: Array(url.utf8)).first?.origin else { return }
        let userInfo = [user, password].compactMap { $0.map(PercentEncoding.value) }.joined(separator: ":")
        add(Entry(origin: origin, userInfo: userInfo, url: Self.removed(from: url)))
    }

    /// Takes over what others know of further origins.
    public mutating func add(_ others: URLCredentials) {
        for entry in others.entries { add(entry) }
        if netrc.logins.isEmpty { netrc = others.netrc }
        keyring = keyring ?? others.keyring
    }

    private mutating func add(_ entry: Entry) {
        guard let known = entries.firstIndex(where: { $0.origin == entry.origin }) else { return entries.append(entry) }
        if !entries[known].hasPassword, entry.hasPassword { entries[known] = entry }
    }

    /// The URL with the user information that its origin was given with, for whoever sends it; a keyring is asked where it
    /// may know more.
    public func authorising(_ url: String) async -> String {
        guard let keyring, let parts = URLParts.all(in: Array(url.utf8)).first, parts.userInfo == nil,
            let entry = entries.first(where: { $0.origin == parts.origin }), !entry.hasPassword, !entry.user.isEmpty,
            netrcLogin(parts, user: entry.user) == nil,
            let password = await keyring.password(of: entry.user, index: entry.url, host: parts.hostAndPort)
        else { return adding(to: url) }
        return Self.inserted("\(PercentEncoding.value(entry.user)):\(PercentEncoding.value(password))", into: url)
    }

    /// The URL with the user information that its origin was given with.
    public func adding(to url: String) -> String {
        guard let parts = URLParts.all(in: Array(url.utf8)).first, parts.userInfo == nil,
            let userInfo = userInfo(for: parts)
        else { return url }
        return Self.inserted(userInfo, into: url)
    }

    private static func inserted(_ userInfo: String, into url: String) -> String {
        guard let mark = url.firstRange(of: "://") else { return url }
        return "\(url[..<mark.upperBound])\(userInfo)@\(url[mark.upperBound...])"
    }

    /// The origin of a URL, and the user information that it was given with.
    func login(for url: String) -> (origin: String, userInfo: String?) {
        guard let parts = URLParts.all(in: Array(url.utf8)).first else { return (url, nil) }
        return (parts.origin, userInfo(for: parts))
    }

    private func userInfo(for url: URLParts) -> String? {
        let entry = entries.first { $0.origin == url.origin }
        if let entry, entry.hasPassword { return entry.userInfo }
        guard let login = netrcLogin(url, user: entry?.user) else { return entry?.userInfo }
        return "\(PercentEncoding.value(login.user)):\(PercentEncoding.value(login.password))"
    }

    /// What netrc has for a host, and for a user where one is given. A file that knows hosts alone says nothing of how they
    /// are asked: in the open its passwords go to this machine only.
    private func netrcLogin(_ url: URLParts, user: String?) -> Netrc.Login? {
        let host = String(url.host)
        guard url.origin.hasPrefix("https://") || HTTPURL.isLoopback(host: host),
            let login = netrc.hosts.first(where: { $0.host == host })?.login ?? netrc.fallback,
            user.map({ $0.isEmpty || login.user.isEmpty || $0 == login.user }) ?? true
        else { return nil }
        return Netrc.Login(user: login.user.isEmpty ? user ?? "" : login.user, password: login.password)
    }

    // MARK: Texts

    /// What to do where somebody refuses us.
    static let hint =
        "user and password of an index are taken from its URL, from UV_INDEX_NAME_USERNAME and UV_INDEX_NAME_PASSWORD, "
        + "netrc, --keyring-provider or --secret"

    /// What is taken out of what other programs say: passwords in the forms in which they are sent. A user without a
    /// password may be a token.
    private var scrubber: TextScrubber {
        let logins =
            entries.map { ($0.user, $0.hasPassword ? $0.password : $0.user) }
            + netrc.logins.map { ($0.user, $0.password) }
            + (keyring?.logins ?? []).map { ($0.user, $0.password) }
        return TextScrubber(
            secrets: logins.flatMap { user, password in
                [password, String(HTTPRequest.basicAuthorization(user: user, password: password).dropFirst(6))]
            } + entries.map(\.userInfo).compactMap { $0.split(separator: ":").last.map(String.init) })
    }

    /// A text of another program that is fit to be shown: URLs as `redacted` has them, and no known password, wherever
    /// it stands.
    func scrubbed(_ text: String) -> String { scrubber.scrubbed(Self.redacted(text)) }

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

    /// The host, and a port that is not the scheme's own.
    var hostAndPort: String { origin.firstRange(of: "://").map { String(origin[$0.upperBound...]) } ?? origin }

    /// The host alone.
    var host: Substring {
        let authority = origin.firstRange(of: "://").map { origin[$0.upperBound...] } ?? origin[...]
        if let close = authority.firstIndex(of: "]") { return authority[...close] }
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
