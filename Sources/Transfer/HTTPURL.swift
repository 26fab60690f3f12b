import CCurl
public import Diagnostics

/// An absolute `http` or `https` URL, taken apart by libcurl's own parser, so that what is checked here is what is
/// asked there. User information and fragment are not part of it.
public struct HTTPURL: Sendable, Hashable {
    /// How the host is spoken to.
    public enum Scheme: String, Sendable, Hashable {
        case http
        case https
    }

    /// The URL to ask, without user information. Its query may hold tokens and signatures: `description` is for show.
    public let text: String
    /// How the host is spoken to.
    public let scheme: Scheme
    /// The host, lower case; IPv6 addresses in brackets.
    public let host: String
    /// The port, also where the text leaves it to the scheme.
    public let port: Int
    /// The user and the password that stood in the text.
    public let userInformation: UserInformation?

    /// The user and the password of a URL.
    public struct UserInformation: Sendable, Hashable, CustomStringConvertible {
        /// The user's name, decoded.
        public let user: String
        /// The password, decoded; empty where there is none.
        public let password: String

        /// Nothing of it.
        public var description: String { "…" }
    }

    /// Reads an absolute URL.
    /// - Throws: `TransferError` (`invalid_url`) with the redacted text.
    public init(_ text: String) throws(TransferError) { try self.init(text, relativeTo: nil) }

    /// What a `Location` header stands for that came from this URL: absolute or relative (RFC 9110, 10.2.2).
    public func resolving(_ location: String) throws(TransferError) -> HTTPURL {
        try HTTPURL(location, relativeTo: self)
    }

    private init(_ text: String, relativeTo base: HTTPURL?) throws(TransferError) {
        func refuse(_ why: String) -> TransferError {
            TransferError(.invalidURL, "'\(redacted(url: text))' is not a URL that can be asked: \(why)")
        }
        guard let handle = curl_url() else { throw refuse("libcurl has no memory to read it") }
        defer { curl_url_cleanup(handle) }
        if let base { curl_url_set(handle, CURLUPART_URL, base.text, 0) }
        let code = curl_url_set(handle, CURLUPART_URL, text, UInt32(CURLU_URLENCODE))
        guard code == CURLUE_OK else { throw refuse(String(cString: curl_url_strerror(code))) }
        func part(_ part: CURLUPart, _ flags: Int32 = 0) -> String? {
            var value: UnsafeMutablePointer<CChar>?
            guard curl_url_get(handle, part, &value, UInt32(flags)) == CURLUE_OK, let value else { return nil }
            defer { curl_free(value) }
            return String(cString: value)
        }
        guard let scheme = part(CURLUPART_SCHEME).flatMap(Scheme.init) else {
            throw refuse("its scheme is neither http nor https")
        }
        guard let host = part(CURLUPART_HOST), !host.isEmpty,
            let port = part(CURLUPART_PORT, CURLU_DEFAULT_PORT).flatMap({ Int($0) })
        else { throw refuse("it names no host") }
        userInformation = part(CURLUPART_USER, CURLU_URLDECODE).map {
            UserInformation(user: $0, password: part(CURLUPART_PASSWORD, CURLU_URLDECODE) ?? "")
        }
        for secret in [CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_FRAGMENT] {
            curl_url_set(handle, secret, nil, 0)
        }
        guard let whole = part(CURLUPART_URL, CURLU_NO_DEFAULT_PORT) else { throw refuse("it cannot be written again") }
        self.text = whole
        self.scheme = scheme
        self.host = host.lowercased()
        self.port = port
    }

    /// Whether both are the same scheme, host and port: what credentials may be sent to.
    public func hasSameOrigin(as other: HTTPURL) -> Bool {
        scheme == other.scheme && host == other.host && port == other.port
    }

    /// Whether the host is this machine.
    public var isLoopback: Bool { HTTPURL.isLoopback(host: host) }

    /// `scheme://host[:port]`.
    public var origin: String {
        let isDefault = port == (scheme == .http ? 80 : 443)
        return "\(scheme.rawValue)://\(host)\(isDefault ? "" : ":\(port)")"
    }

    /// Whether a host, with or without a port, is this machine: `localhost`, 127.0.0.0/8 or `[::1]`.
    public static func isLoopback(host: String) -> Bool {
        let name: Substring
        if let close = host.lastIndex(of: "]") {
            name = host[...close]
        } else {
            name = host.prefix { $0 != ":" }
        }
        if name == "localhost" || name == "[::1]" { return true }
        let numbers = name.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers.allSatisfy { $0 != nil } && numbers[0] == 127
    }
}

extension HTTPURL: CustomStringConvertible {
    /// The URL without the values of its query.
    public var description: String { redacted(url: text) }
}
