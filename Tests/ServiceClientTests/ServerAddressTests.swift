import Diagnostics
import Interface
import ServiceClient
import Testing

@Suite struct ServerAddressTests {
    @Test(arguments: [
        ("http://127.0.0.1:8480", "http://127.0.0.1:8480"), ("http://127.0.0.1:8480/", "http://127.0.0.1:8480"),
        ("http://localhost:8480", "http://localhost:8480"), ("http://[::1]:8480", "http://[::1]:8480"),
        ("https://builds.example.org", "https://builds.example.org"),
        ("https://builds.example.org:443/", "https://builds.example.org"),
        ("https://example.org/builds/", "https://example.org/builds"),
    ])
    func addressesAreKnownInOneForm(_ text: String, _ form: String) throws {
        let address = try ServerAddress(text)
        #expect(address.description == form)
        #expect(try ServerAddress(form) == address)
    }

    @Test(arguments: [
        ("http://builds.example.org", "plain HTTP"), ("http://10.0.0.1:8480", "plain HTTP"),
        ("http://127.0.0.1.example.org", "plain HTTP"), ("builds.example.org", "no scheme"),
        ("127.0.0.1:8480", "no scheme"), ("ftp://builds.example.org", "neither http nor https"),
        ("https://user:hunter2@builds.example.org", "a user or a password"),
        ("https://builds.example.org/?token=hunter2", "a query"), ("https://", "not a URL"),
    ])
    func whatIsNoAddressIsRefused(_ text: String, _ why: String) {
        let error = #expect(throws: ClientError.self) { try ServerAddress(text) }
        #expect(error?.code == .invalidServer)
        #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
        #expect(error?.description.contains("hunter2") == false)
        #expect(error?.hints.isEmpty == false)
    }
}
