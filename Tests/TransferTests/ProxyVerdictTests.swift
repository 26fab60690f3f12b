import Testing

@testable import Transfer

/// What libcurl says of proxies, which may hold their passwords.
@Suite struct ProxyVerdictTests {
    @Test(arguments: [
        ("CONNECT tunnel failed, response 407", TransferErrorCode.proxyRefused, "the proxy answers 407"),
        ("Received HTTP code 403 from proxy after CONNECT", .proxyRefused, "the proxy answers 403"),
        ("CONNECT tunnel failed, response 503", .interrupted, "the proxy answers 503"),
        ("Unsupported proxy syntax in 'http://me:swordfish@[bad': Bad IPv6 address", .proxyRefused, "an address"),
        ("Unsupported proxy scheme for 'gopher://me:swordfish@proxy'", .proxyRefused, "an address"),
        (
            "Unsupported proxy 'https://me:swordfish@proxy', libcurl is built without HTTPS-proxy", .proxyRefused,
            "an address"
        ),
    ])
    func words(_ words: String, _ code: TransferErrorCode, _ message: String) throws {
        let verdict = try #require(ProxyVerdict(words))
        #expect(verdict.code == code && verdict.message.contains(message))
        #expect(!"\(verdict)".contains("swordfish"))
    }

    @Test(arguments: ["Could not resolve proxy: proxy.example", "Failed to connect to proxy.example port 1"])
    func othersTellNoPassword(_ words: String) { #expect(ProxyVerdict(words) == nil) }
}
