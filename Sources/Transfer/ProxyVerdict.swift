/// What libcurl's words tell of a proxy of the environment that could not be used.
struct ProxyVerdict: Equatable {
    let code: TransferErrorCode
    let message: String
    let hints: [String]

    /// Reads libcurl's message.
    /// - Returns: nil where it is not about a proxy, or tells enough.
    init?(_ words: String) {
        if let status = Self.refusal(words) {
            // What a proxy refuses it will refuse again; that it cannot reach somebody may pass.
            code = (400..<500).contains(status) ? .proxyRefused : .interrupted
            message = "the proxy answers \(status)"
            hints =
                status == 407
                ? ["the proxy wants a user and a password: HTTPS_PROXY=http://user:password@host:port"]
                : ["NO_PROXY names the hosts that are not asked through it"]
            return
        }
        // libcurl tells the proxy's whole address where it cannot follow it, its password among it: "Unsupported proxy syntax
        // in 'http://me:secret@[bad'", "Unsupported proxy scheme for …", and others that begin so.
        guard words.contains("nsupported proxy") else { return nil }
        code = .proxyRefused
        message = "the environment names a proxy by an address that cannot be used"
        hints = ["HTTPS_PROXY, HTTP_PROXY and ALL_PROXY are written as http://[user:password@]host:port"]
    }

    /// The status with which a tunnel was refused: "Received HTTP code 407 from proxy after CONNECT", or since libcurl 7.87
    /// "CONNECT tunnel failed, response 407".
    private static func refusal(_ words: String) -> Int? {
        guard let match = words.firstMatch(of: #/(?:CONNECT tunnel failed, response|HTTP code) (\d{3})/#) else {
            return nil
        }
        return Int(match.1)
    }
}
