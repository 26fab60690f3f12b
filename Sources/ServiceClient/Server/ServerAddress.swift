public import Diagnostics
public import Transfer

/// Where a server is: `https://builds.example.org`, or plain `http` on this machine.
///
/// Plain HTTP to another host is refused whoever asks: a token travels with each request, credentials with some.
public struct ServerAddress: Sendable, Hashable {
    /// The server's URL without a slash at its end.
    public let url: HTTPURL

    /// Reads an address.
    /// - Throws: `ClientError` (`invalid_server`) with the redacted text.
    public init(_ text: String) throws(ClientError) {
        func refuse(_ why: String, hints: [String]) -> ClientError {
            ClientError(.invalidServer, "the server '\(redacted(url: text))' \(why)", hints: hints)
        }
        let example = "a server reads https://builds.example.org, or http://127.0.0.1:8480 on this machine"
        guard text.contains("://") else { throw refuse("has no scheme", hints: [example]) }
        let given: HTTPURL
        do {
            given = try HTTPURL(text)
        } catch {
            throw ClientError(.invalidServer, error.message, hints: [example])
        }
        guard given.userInformation == nil else {
            throw refuse("is named with a user or a password", hints: ["store its token by 'cooperage login'"])
        }
        guard !given.text.contains("?") else { throw refuse("is named with a query", hints: [example]) }
        guard given.scheme == .https || given.isLoopback else {
            throw refuse(
                "would be asked by plain HTTP, where anybody on the way can read the token",
                hints: ["use https; a tunnel to a port of this machine does as well"])
        }
        var base = Substring(given.text)
        while base.last == "/" { base.removeLast() }
        do {
            url = try HTTPURL(String(base))
        } catch {
            throw ClientError(.invalidServer, error.message, hints: [example])
        }
    }

    /// The key of what is remembered of the server: its origin, and the path where it has one.
    var key: String { description }

    /// A URL of the API.
    func url(_ path: String, query: [(name: String, value: String)] = []) throws(TransferError) -> HTTPURL {
        let text = query.map { "\($0.name)=\(PercentEncoding.value($0.value))" }.joined(separator: "&")
        return try HTTPURL("\(self)/api/v1\(path)\(text.isEmpty ? "" : "?\(text)")")
    }
}

extension ServerAddress: CustomStringConvertible {
    /// The address as people write it.
    public var description: String {
        var text = Substring(url.text)
        while text.last == "/" { text.removeLast() }
        return String(text)
    }
}
