import Diagnostics
import RegistryTesting
import Testing
import Transfer

@Suite struct PeerAddressTests {
    struct Situation: CustomTestStringConvertible {
        let host: String
        var shown: String?
        var isLoopback = false
        var isLinkLocal = false
        var isGroup = false

        var testDescription: String { host }
    }

    @Test(arguments: [
        Situation(host: "127.0.0.1", isLoopback: true), Situation(host: "127.200.3.4", isLoopback: true),
        Situation(host: "0.0.0.0", isLoopback: true), Situation(host: "10.0.0.1"), Situation(host: "8.8.8.8"),
        Situation(host: "169.254.169.254", isLinkLocal: true), Situation(host: "169.253.0.1"),
        Situation(host: "224.0.0.1", isGroup: true), Situation(host: "255.255.255.255", isGroup: true),
        Situation(host: "[::1]", shown: "::1", isLoopback: true),
        Situation(host: "[::]", shown: "::", isLoopback: true),
        Situation(host: "[::2]", shown: "::2"), Situation(host: "[2001:db8::1]", shown: "2001:db8::1"),
        Situation(host: "[fe80::1%25eth0]", shown: "fe80::1", isLinkLocal: true),
        Situation(host: "[febf::1]", shown: "febf::1", isLinkLocal: true),
        Situation(host: "[fec0::1]", shown: "fec0::1"), Situation(host: "[ff02::1]", shown: "ff02::1", isGroup: true),
        Situation(host: "[fd00:ec2::254]", shown: "fd00:ec2::254", isLinkLocal: true),
        Situation(host: "[::ffff:127.0.0.1]", shown: "127.0.0.1", isLoopback: true),
        Situation(host: "[::ffff:a9fe:a9fe]", shown: "169.254.169.254", isLinkLocal: true),
        Situation(host: "[64:ff9b::7f00:1]", shown: "127.0.0.1", isLoopback: true),
        Situation(host: "[::ffff:8.8.8.8]", shown: "8.8.8.8"),
    ])
    func kinds(_ situation: Situation) throws {
        let address = try #require(PeerAddress(host: situation.host))
        #expect(address.description == (situation.shown ?? situation.host))
        #expect(address.isLoopback == situation.isLoopback)
        #expect(address.isLinkLocal == situation.isLinkLocal)
        #expect(address.isGroup == situation.isGroup)
    }

    @Test(arguments: ["localhost", "example.org", "127.1", "1.2.3.4.5", "[::1", "::1", "[nonsense]", ""])
    func noAddress(_ host: String) { #expect(PeerAddress(host: host) == nil) }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func aClientAsksBeforeItConnects(_ host: String) async throws {
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(200, text: "hello") }) { server in
            let port = server.host.split(separator: ":")[1]
            func ask(_ admits: (@Sendable (PeerAddress) -> Bool)?) async throws -> String {
                var configuration = HTTPClient.Configuration()
                configuration.admits = admits
                let request = HTTPRequest(.get, try HTTPURL("http://\(host):\(port)/"))
                return try await HTTPClient(configuration: configuration).send(request).text
            }
            let admits: @Sendable (PeerAddress) -> Bool = { $0.isLoopback }
            let text = try await ask(admits)
            #expect(text == "hello")
            let before = server.requests.count
            let refuses: @Sendable (PeerAddress) -> Bool = { !$0.isLoopback }
            let error = await #expect(throws: TransferError.self) { try await ask(refuses) }
            #expect(error?.code == .refusedAddress)
            #expect(error?.failureClass == .permanent)
            #expect(error?.message.contains("'\(host)' is at ") == true)
            #expect(server.requests.count == before)
        }
    }
}
