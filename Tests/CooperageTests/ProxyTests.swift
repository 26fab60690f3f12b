import Content
import Foundation
import SystemPackage
import TestSupport
import Testing

/// Registries behind a proxy of the environment. Their names are known to the proxy alone.
@Suite struct ProxyTests {
    private static let password = "sw0rdfish"
    private static let credentials = "me:\(password)"
    private static let host = "registry.example"

    /// A registry that speaks TLS as `registry.example`, with an image in it.
    private func run(_ body: (Command, DockerRegistry, [String]) async throws -> Void) async throws {
        let command = try Command()
        try await BaseFixture.write(to: command.context.appending("images"))
        let authority = try CertificateAuthority(in: command.directory.path)
        let certificate = try authority.issue("/CN=registry", alternativeNames: ["DNS:\(Self.host)", "IP:127.0.0.1"])
        try await DockerRegistry.run(tls: .init(certificate)) { registry in
            let trust = ["--ca-file", authority.file.string]
            let copied = try await command.runAside(["copy", "images", "\(registry.host)/team/app:1"] + trust)
            #expect(copied.status == 0, "\(copied.error)")
            try await body(command, registry, trust)
        }
    }

    private func inspect(_ command: Command, _ arguments: [String], _ environment: [String: String]) async throws
        -> Command.Outcome
    {
        var command = command
        command.environment["COOPERAGE_CACHE_DIR"] =
            command.directory.path.appending("cache-\(UInt32.random(in: 0 ... .max))").string
        command.environment.merge(environment) { $1 }
        return try await command.runAside(["inspect", "--debug", "\(Self.host)/team/app:1"] + arguments)
    }

    @Test(arguments: ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
    func requestsGoThroughTheProxy(_ variable: String) async throws {
        try await run { command, registry, trust in
            let proxy = try ForwardProxy(
                routes: ["\(Self.host):443": registry.host], credentials: Self.credentials)
            defer { proxy.stop() }
            let outcome = try await inspect(
                command, trust, [variable: "http://\(Self.credentials)@\(proxy.host)"])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(Set(proxy.requests) == ["CONNECT \(Self.host):443"])
            #expect(!(outcome.error + outcome.output).contains(Self.password))
            // What NO_PROXY names is asked directly, where no name server knows it.
            let before = proxy.requests.count
            let direct = try await inspect(
                command, trust,
                [variable: "http://\(Self.credentials)@\(proxy.host)", "NO_PROXY": "other.example,\(Self.host)"])
            #expect(direct.status == 3 && direct.error.contains("resolve host"), "\(direct.error)")
            #expect(proxy.requests.count == before)
        }
    }

    @Test func thisMachineIsNeverAskedThroughAProxy() async throws {
        try await run { command, registry, trust in
            var command = command
            for name in ["HTTPS_PROXY", "http_proxy", "ALL_PROXY"] {
                command.environment[name] = "http://127.0.0.1:1"
            }
            let outcome = try await command.runAside(["inspect", "\(registry.host)/team/app:1"] + trust)
            #expect(outcome.status == 0, "\(outcome.error)")
        }
    }

    /// `HTTP_PROXY` may be a header of a CGI's request; as with curl, the lower case alone counts.
    @Test func plainHTTPGoesThroughTheProxyOfItsOwn() async throws {
        let command = try Command()
        try await BaseFixture.write(to: command.context.appending("images"))
        try await DockerRegistry.run { registry in
            let copied = try await command.runAside(["copy", "images", "\(registry.host)/team/app:1"])
            #expect(copied.status == 0, "\(copied.error)")
            let proxy = try ForwardProxy(routes: ["\(Self.host):80": registry.host], credentials: Self.credentials)
            defer { proxy.stop() }
            let url = "http://\(Self.credentials)@\(proxy.host)"
            let outcome = try await inspect(
                command, ["--insecure-registry", Self.host], ["http_proxy": url, "https_proxy": url])
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(
                proxy.requests.contains { $0.hasPrefix("GET http://\(Self.host)/v2/team/app/") }, "\(proxy.requests)")
            #expect(!(outcome.error + outcome.output).contains(Self.password))
            let before = proxy.requests.count
            let upper = try await inspect(command, ["--insecure-registry", Self.host], ["HTTP_PROXY": url])
            #expect(upper.status == 3 && proxy.requests.count == before, "\(upper.error)")
        }
    }

    @Test func aProxyThatRefusesIsToldWithoutItsPassword() async throws {
        let command = try Command()
        let proxy = try ForwardProxy(routes: [:], credentials: Self.credentials)
        defer { proxy.stop() }
        let rows: [(url: String, words: [String])] = [
            ("http://me:\(Self.password)x@\(proxy.host)", ["the proxy answers 407", "HTTPS_PROXY=http://user"]),
            ("http://\(Self.credentials)@\(proxy.host)", ["the proxy answers 403", "NO_PROXY"]),
            ("http://\(Self.credentials)@[bad", ["by an address that cannot be used"]),
            ("gopher://\(Self.credentials)@\(proxy.host)", ["by an address that cannot be used"]),
            ("http://\(Self.credentials)@proxy.example:1", ["proxy.example"]),
        ]
        for row in rows {
            let outcome = try await inspect(command, [], ["HTTPS_PROXY": row.url])
            #expect(outcome.status == 3, "\(outcome.error)")
            for words in row.words { #expect(outcome.error.contains(words), "\(outcome.error)") }
            #expect(!outcome.error.contains(Self.password), "\(outcome.error)")
        }
    }
}
