import Diagnostics
import TestSupport
import Testing
import Transfer

@Suite struct TLSTests {
    private static func answer(_ status: String, _ fields: String = "", body: String = "") -> String {
        "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    private static let answers = [
        "hello": answer("200 OK", body: "hello"),
        "down": answer("302 Found", "Location: http://127.0.0.1:1/plain\r\n"),
    ]

    @Test func certificatesThatNobodyVouchesForAreRefused() async throws {
        let server = try await TLSServer(Self.answers)
        let url = try HTTPURL("\(server.origin)/hello")
        let error = try await #require(throws: TransferError.self) {
            try await HTTPClient().send(HTTPRequest(.get, url))
        }
        #expect(error.code == .untrusted)
        #expect(error.failureClass == .permanent)
        let trusting = HTTPClient(configuration: .init(certificateFile: server.certificateFile))
        #expect(try await trusting.send(HTTPRequest(.get, url)).text == "hello")
    }

    @Test func redirectsNeverLeaveTLS() async throws {
        let server = try await TLSServer(Self.answers)
        let client = HTTPClient(configuration: .init(certificateFile: server.certificateFile))
        let error = try await #require(throws: TransferError.self) {
            try await client.send(HTTPRequest(.get, HTTPURL("\(server.origin)/down")))
        }
        #expect(error.code == .badRedirect)
    }

    @Test func plainHTTPWhereTLSIsExpectedIsExplained() async throws {
        try await DockerRegistry.run { registry in
            let error = try await #require(throws: TransferError.self) {
                try await HTTPClient().send(HTTPRequest(.get, HTTPURL("https://\(registry.host)/v2/")))
            }
            #expect(error.code == .untrusted)
            #expect(error.hints.joined().contains("plain HTTP"))
        }
    }
}
