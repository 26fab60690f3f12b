import Diagnostics
import Testing
import Transfer

@Suite struct HTTPURLTests {
    @Test(arguments: [
        ("https://host.example/v2/a/blobs/uploads/x?_state=1", "/v2/other?a=b", "https://host.example/v2/other?a=b"),
        ("https://host.example/v2/a/", "b", "https://host.example/v2/a/b"),
        ("https://host.example:443/a", "https://host.example/b", "https://host.example/b"),
        ("http://127.0.0.1:5000/a", "//other.example:81/b", "http://other.example:81/b"),
        ("https://a.example/x", "?digest=1", "https://a.example/x?digest=1"),
    ])
    func locationsAreResolved(base: String, location: String, expected: String) throws {
        #expect(try HTTPURL(base).resolving(location).text == expected)
    }

    @Test func originsIgnoreDefaultPortsAndCase() throws {
        let url = try HTTPURL("https://Host.Example:443/a")
        #expect(url.hasSameOrigin(as: try HTTPURL("https://host.example/b")))
        #expect(!url.hasSameOrigin(as: try HTTPURL("https://host.example:444/b")))
        #expect(!url.hasSameOrigin(as: try HTTPURL("http://host.example:443/b")))
        #expect(url.origin == "https://host.example")
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.9.8.7:5000", true), ("localhost:1", true), ("[::1]:80", true), ("[::1]", true),
        ("128.0.0.1", false), ("127.0.0.1.example.org", false), ("localhost.example.org", false), ("example", false),
        ("127.0.0", false), ("[::2]", false),
    ])
    func loopbackIsThisMachineOnly(host: String, expected: Bool) {
        #expect(HTTPURL.isLoopback(host: host) == expected)
    }

    @Test(arguments: ["ftp://host/a", "/relative", "https://", "file:///etc/passwd", "http://host:99999/", ""])
    func otherTextsAreRefused(text: String) {
        let error = #expect(throws: TransferError.self) { try HTTPURL(text) }
        #expect(error?.code == .invalidURL)
    }

    @Test func userInformationBecomesAFieldAndIsNeverShown() throws {
        let url = try HTTPURL("https://me:p%40ss@host.example/simple?token=abc")
        #expect(url.text == "https://host.example/simple?token=abc")
        #expect("\(url)" == "https://host.example/simple?token=…")
        #expect(HTTPRequest(.get, url).headers["authorization"] == "Basic bWU6cEBzcw==")
    }

    @Test func headersKeepOrderAndIgnoreCase() {
        var headers: HTTPHeaders = ["A": "1", "b": "2"]
        headers.append("a", "3")
        #expect(headers.values("A") == ["1", "3"])
        #expect(headers["B"] == "2")
        headers["a"] = "4"
        #expect(headers.values("a") == ["4"])
        headers["b"] = nil
        #expect(headers["b"] == nil)
    }
}
