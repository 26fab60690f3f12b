import Content
import Diagnostics
import SystemPackage
import TestSupport
import Testing

@testable import Transfer

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

    // MARK: Our own certificate

    @Test func aServerThatWantsACertificateIsShownOne() async throws {
        let scratch = try TemporaryDirectory()
        let authority = try CertificateAuthority(in: scratch.path)
        let server = try await TLSServer(Self.answers, clientAuthority: authority.file)
        func text(_ identity: ClientIdentity?) async throws -> String {
            let client = HTTPClient(
                configuration: .init(certificateFile: server.certificateFile, identity: identity))
            return try await client.send(HTTPRequest(.get, HTTPURL("\(server.origin)/hello"))).text
        }
        let known = try authority.issue("/CN=ci")
        let identity = ClientIdentity(certificateFile: known.file.string, keyFile: known.keyFile.string)
        #expect(try await text(identity) == "hello")
        // Both in one file.
        let both = try scratch.write(FileSystem.read(known.file) + FileSystem.read(known.keyFile), to: "both.pem")
        #expect(try await text(ClientIdentity(certificateFile: both.string)) == "hello")
        // What the server says of it will be the same next time.
        let expired = try authority.issue("/CN=ci", days: -1)
        let stranger = try CertificateAuthority(in: scratch.path, name: "stranger").issue("/CN=ci")
        for issued in [expired, stranger, nil] {
            let error = try await #require(throws: TransferError.self) {
                try await text(
                    issued.map { ClientIdentity(certificateFile: $0.file.string, keyFile: $0.keyFile.string) })
            }
            #expect(error.code == .certificateRefused, "\(error)")
            #expect(error.failureClass == .permanent && error.blame == .request)
            let named = issued?.file.string ?? "serves those alone who show it a certificate"
            #expect(error.hints.joined().contains(named), "\(error.hints)")
        }
    }

    @Test func aCertificateThatCannotBeShownIsTold() async throws {
        let scratch = try TemporaryDirectory()
        let authority = try CertificateAuthority(in: scratch.path)
        let (known, other) = (try authority.issue("/CN=ci"), try authority.issue("/CN=ci"))
        let encrypted = scratch.path.appending("encrypted.key")
        try run(
            "openssl",
            ["pkey", "-in", known.keyFile.string, "-aes256", "-passout", "pass:swordfish", "-out", encrypted.string])
        let server = try await TLSServer(Self.answers, clientAuthority: authority.file)
        for key in [other.keyFile, encrypted, scratch.path.appending("missing.key"), known.file] {
            let client = HTTPClient(
                configuration: .init(
                    certificateFile: server.certificateFile,
                    identity: ClientIdentity(certificateFile: known.file.string, keyFile: key.string)))
            let error = try await #require(throws: TransferError.self) {
                try await client.send(HTTPRequest(.get, HTTPURL("\(server.origin)/hello")))
            }
            #expect(error.code == .unusableCertificate, "\(error)")
            #expect(error.failureClass == .permanent && error.blame == .request)
            #expect(error.context.contains(FailureContext("key", key.string)))
        }
    }

    @Test(arguments: [
        (
            "OpenSSL SSL_read: error:0A00045C:SSL routines::tlsv13 alert certificate required, errno 0",
            TLSVerdict.certificateRefused
        ),
        ("error:0A000412:SSL routines::sslv3 alert bad certificate", .certificateRefused),
        ("error:0A000418:SSL routines::tlsv1 alert unknown ca", .certificateRefused),
        ("error:0A000415:SSL routines::sslv3 alert certificate expired", .certificateRefused),
        ("error:0A000410:SSL routines::sslv3 alert handshake failure", .noAgreement),
        ("error:0A00042E:SSL routines::tlsv1 alert protocol version", .noAgreement),
        ("error:0A00010B:SSL routines::wrong version number", .noTLS),
        ("error:0A0000C6:SSL routines::packet length too long", .noTLS),
        ("OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to x:443", nil),
        ("OpenSSL SSL_read: error:0A000126:SSL routines::unexpected eof while reading, errno 0", nil),
        ("OpenSSL SSL_connect: Connection reset by peer in connection to x:443", nil),
        ("error:0A000438:SSL routines::tlsv1 alert internal error", nil),
    ])
    func verdicts(_ words: String, _ verdict: TLSVerdict?) {
        #expect(TLSVerdict(words) == verdict)
    }

    @Test func plainHTTPWhereTLSIsExpectedIsExplained() async throws {
        try await DockerRegistry.run { registry in
            let error = try await #require(throws: TransferError.self) {
                try await HTTPClient().send(HTTPRequest(.get, HTTPURL("https://\(registry.host)/v2/")))
            }
            #expect(error.code == .notTLS && error.failureClass == .permanent)
            #expect(error.hints.joined().contains("plain HTTP"))
        }
    }
}
