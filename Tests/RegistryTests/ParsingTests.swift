import Diagnostics
import OCI
import Testing
import Transfer

@testable import Registry

@Suite struct ParsingTests {
    @Test(arguments: [
        (
            [
                #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#
            ],
            [["bearer", "https://auth.docker.io/token", "registry.docker.io"]]
        ),
        ([#"Basic realm="a, \"b\"""#], [["basic", #"a, "b""#, ""]]),
        (
            [#"bearer realm=https://x.example/t , service = "s", Basic realm="r""#],
            [["bearer", "https://x.example/t", "s"], ["basic", "r", ""]]
        ),
        ([#"Negotiate"#, #"Basic realm="r""#], [["negotiate", "", ""], ["basic", "r", ""]]),
        ([#"Negotiate dG9rZW4=, Bearer realm="r""#], [["negotiate", "", ""], ["bearer", "r", ""]]),
        ([#"Bearer realm="never closed"#], [["bearer", "never closed", ""]]),
        (["", ",, =,"], []),
    ])
    func challengesAreReadInEveryForm(values: [String], expected: [[String]]) {
        let challenges = Challenge.parse(values)
        #expect(
            challenges.map { [$0.scheme, $0.parameters["realm"] ?? "", $0.parameters["service"] ?? ""] } == expected)
    }

    @Test(arguments: [
        ("docker.io", "https://registry-1.docker.io"), ("127.0.0.1:5000", "http://127.0.0.1:5000"),
        ("localhost", "http://localhost"), ("[::1]:5000", "http://[::1]:5000"),
        ("registry.example", "https://registry.example"), ("registry.example:444", "https://registry.example:444"),
        ("plain.example", "http://plain.example"), ("plain.example:81", "http://plain.example:81"),
        ("one.example:80", "http://one.example"), ("one.example", "https://one.example"),
    ])
    func registriesHaveEndpoints(registry: String, origin: String) throws {
        let endpoint = try Endpoint(registry, scheme: origin.hasPrefix("https") ? .https : .http)
        #expect(endpoint.base.origin == origin)
    }

    /// Some leave the port out that is the scheme's own (oras-go#177): it is the same place.
    @Test func aDroppedPortIsNoOtherOrigin() throws {
        let base = try Endpoint("registry.example:443", scheme: .https).base
        #expect(base.hasSameOrigin(as: try HTTPURL("https://registry.example/upload")))
        #expect(!base.hasSameOrigin(as: try HTTPURL("https://registry.example:444/upload")))
    }

    @Test func queriesAreAppendedAndEscaped() {
        #expect(
            appending([("digest", "sha256:ab")], to: "http://h/u?_state=x") == "http://h/u?_state=x&digest=sha256%3Aab")
        #expect(appending([("a", "b c&d/é")], to: "http://h/u") == "http://h/u?a=b%20c%26d%2F%C3%A9")
        #expect(appending([], to: "http://h/u") == "http://h/u")
    }

    @Test(arguments: [
        ("https://registry.example", "https://auth.example/token", true),
        ("https://registry.example", "http://registry.example/token", false),
        ("https://registry.example", "http://127.0.0.1:1/token", false),
        ("https://registry.example", "https://me:pw@auth.example/token", false),
        ("http://127.0.0.1:5000", "http://127.0.0.1:5001/token", true),
        ("http://127.0.0.1:5000", "https://auth.example/token", true),
        ("http://127.0.0.1:5000", "http://auth.example/token", false),
        ("http://plain.example", "http://plain.example:5001/token", true),
        ("http://plain.example", "https://evil.example/token", false),
    ])
    func tokensComeFromSafePlacesOnly(registry: String, realm: String, isSafe: Bool) throws {
        let name = String(registry.drop { $0 != "/" }.dropFirst(2))
        let endpoint = try Endpoint(name, scheme: registry.hasPrefix("https") ? .https : .http)
        let challenge = Challenge(scheme: "bearer", parameters: ["realm": realm])
        if isSafe {
            #expect(try TokenService.realm(of: challenge, at: endpoint).text == realm)
        } else {
            #expect(throws: RegistryError.self) { try TokenService.realm(of: challenge, at: endpoint) }
        }
    }

    @Test func complaintsAreShownInTheRegistrysWords() throws {
        let structured = RegistryComplaint(
            Array(
                #"{"errors":[{"code":"NAME_UNKNOWN","message":"no such repository","detail":{"a":1}},{"code":"DENIED"}]}"#
                    .utf8))
        #expect(structured.codes == ["NAME_UNKNOWN", "DENIED"])
        #expect(structured.text == "NAME_UNKNOWN: no such repository; DENIED")
        let plain = RegistryComplaint(Array("upstream\r\nsays \u{1B}[31mno".utf8))
        #expect(plain.codes == [])
        #expect(plain.text == "upstream  says  [31mno")
        #expect(RegistryComplaint([]).text == "")
    }

    @Test func secretsShowNothing() {
        let credential = Credential(user: "me", password: Secret("hunter2"))
        var dumped = ""
        dump(credential, to: &dumped)
        for text in ["\(credential)", String(reflecting: credential), dumped] { #expect(!text.contains("hunter2")) }
        #expect(credential.password.reveal() == "hunter2")
    }
}
