import Content
import Diagnostics
import OCI
import RegistryTesting
import SystemPackage
import TestSupport
import Testing

@testable import Registry
@testable import Transfer

/// By which scheme registries are asked, whom we trust there and as whom we come.
@Suite struct RegistryHostsTests {
    private func hosts(_ change: (inout RegistrySettings) throws -> Void = { _ in }) throws -> RegistryHosts {
        var settings = RegistrySettings()
        try change(&settings)
        return try RegistryHosts(settings)
    }

    private func origin(_ registry: String, _ given: RegistryHosts? = nil) async throws -> String {
        let hosts = try given ?? hosts()
        let client = RegistryClient(client: HTTPClient(configuration: hosts.clientConfiguration), hosts: hosts)
        return try await client.endpoint(at: registry).base.origin
    }

    @Test(arguments: ["registry.example", "registry.example:5000"])
    func othersAreAskedByTLSAlone(_ registry: String) async throws {
        // Without a question: nobody would answer here.
        #expect(try await origin(registry) == "https://\(registry)")
    }

    @Test func thisMachineIsAskedByTheSchemeThatItSpeaks() async throws {
        let scratch = try TemporaryDirectory()
        let authority = try CertificateAuthority(in: scratch.path)
        let certificate = try authority.issue("/CN=registry", alternativeNames: ["IP:127.0.0.1"])
        try await DockerRegistry.run { plain in
            let found = try await origin(plain.host)
            #expect(found == "http://\(plain.host)")
        }
        try await TestRegistry.run { plain in
            let found = try await origin(plain.host)
            #expect(found == plain.origin)
            // The question is none that the registry hears.
            #expect(plain.requests.isEmpty)
        }
        try await DockerRegistry.run(tls: .init(certificate)) { registry in
            // Trusted or not: what is wrong is never a reason to do without.
            #expect(try await origin(registry.host) == "https://\(registry.host)")
            let trusting = try hosts {
                $0.authorities = PEMFile(authority.file, place: FailureContext("flag", "--ca-file"))
            }
            #expect(try await origin(registry.host, trusting) == "https://\(registry.host)")
        }
        try await DockerRegistry.run(tls: .init(certificate, clientAuthority: authority.file)) { registry in
            let found = try await origin(registry.host)
            #expect(found == "https://\(registry.host)")
        }
        // Who is not there says nothing.
        #expect(try await origin("127.0.0.1:1") == "http://127.0.0.1:1")
    }

    @Test func aRegistryThatComesLaterIsAskedAgain() async throws {
        let scratch = try TemporaryDirectory()
        let authority = try CertificateAuthority(in: scratch.path)
        let certificate = try authority.issue("/CN=registry", alternativeNames: ["IP:127.0.0.1"])
        let hosts = try hosts()
        try await DockerRegistry.run(tls: .init(certificate)) { registry in
            registry.stop()
            #expect(try await origin(registry.host, hosts) == "http://\(registry.host)")
            try await registry.start()
            #expect(try await origin(registry.host, hosts) == "https://\(registry.host)")
            // Found out once, it is remembered.
            registry.stop()
            #expect(try await origin(registry.host, hosts) == "https://\(registry.host)")
        }
    }

    @Test func whatTheConfigurationSaysOfThisMachineCounts() async throws {
        let scratch = try TemporaryDirectory()
        try await DockerRegistry.run { registry in
            let text = "[[registry]]\nlocation = \"\(registry.host)\"\ninsecure = false\n"
            let file = try scratch.write(Array(text.utf8), to: "registries.conf")
            let hosts = try hosts { $0.configuration = try RegistriesConfiguration(files: [file]) }
            #expect(try await origin(registry.host, hosts) == "https://\(registry.host)")
        }
    }

    // MARK: TLS

    private struct Files {
        let scratch: TemporaryDirectory
        let authority: CertificateAuthority
        let issued: CertificateAuthority.Issued

        init() throws {
            scratch = try TemporaryDirectory()
            authority = try CertificateAuthority(in: scratch.path)
            issued = try authority.issue("/CN=builder")
        }

        func put(_ host: String, in root: String, _ names: [String: FilePath]) throws {
            for (name, file) in names { try scratch.write(FileSystem.read(file), to: "\(root)/\(host)/\(name)") }
        }

        func root(_ name: String) -> FilePath { scratch.path.appending(name) }
    }

    private func peer(_ url: String, _ hosts: RegistryHosts) throws -> PeerSettings {
        try #require(try hosts.clientConfiguration.peer?(HTTPURL(url)))
    }

    @Test func directoriesAreOfOneHost() throws {
        let files = try Files()
        let own: [String: FilePath] = [
            "ca.crt": files.authority.file, "client.cert": files.issued.file, "client.key": files.issued.keyFile,
        ]
        try files.put("a.example", in: "first", own)
        try files.put("a.example:5000", in: "second", own)
        try files.put("b.example", in: "second", ["ca.crt": files.authority.file])
        let hosts = try hosts { $0.directories.roots = [files.root("first"), files.root("second"), "/nowhere"] }
        let pem = try FileSystem.read(files.authority.file) + Array("\n".utf8)
        for (url, hasAuthority, root) in [
            ("https://a.example/v2/", true, "first"), ("https://a.example:5000/v2/", true, "second"),
            ("https://a.example:5001/v2/", false, nil), ("https://b.example/v2/", true, nil),
            ("https://c.example/v2/", false, nil),
        ] {
            let peer = try peer(url, hosts)
            #expect(peer.authorities == (hasAuthority ? pem : []), "\(url)")
            #expect(peer.identity?.certificateFile.contains("/\(root ?? "")/") == (root.map { _ in true }), "\(url)")
            #expect(peer.isVerified)
        }
    }

    @Test func aCertificateIsShownToRegistriesThatWereNamedAlone() async throws {
        let files = try Files()
        let other = try files.authority.issue("/CN=other")
        try files.put("127.0.0.1:2", in: "certs.d", ["c.cert": other.file, "c.key": other.keyFile])
        func certificate(_ issued: CertificateAuthority.Issued) -> RegistrySettings.Certificate {
            .init(
                file: PEMFile(issued.file, place: FailureContext("flag", "--cert-file")),
                keyFile: PEMFile(issued.keyFile, place: FailureContext("flag", "--key-file")))
        }
        func shown(_ host: String, _ hosts: RegistryHosts) throws -> String? {
            try peer("https://\(host)/", hosts).identity?.certificateFile
        }
        let given = try hosts {
            $0.certificate = certificate(files.issued)
            $0.directories.roots = [files.root("certs.d")]
        }
        for host in ["127.0.0.1:1", "127.0.0.1:2"] { _ = try await origin(host, given) }
        #expect(try shown("127.0.0.1:1", given) == files.issued.file.string)
        #expect(try shown("127.0.0.1:2", given) == files.issued.file.string)
        // Storage to which a registry sends us, and a token service.
        #expect(try shown("127.0.0.1:3", given) == nil)
        // What a variable names is for registries without a directory of their own.
        let usual = try hosts {
            $0.usualCertificate = certificate(files.issued)
            $0.directories.roots = [files.root("certs.d")]
        }
        for host in ["127.0.0.1:1", "127.0.0.1:2"] { _ = try await origin(host, usual) }
        #expect(try shown("127.0.0.1:1", usual) == files.issued.file.string)
        #expect(try shown("127.0.0.1:2", usual)?.hasSuffix("/certs.d/127.0.0.1:2/c.cert") == true)
    }

    @Test func insecureIsSaidOfOneHostAlone() throws {
        let hosts = try hosts { $0.insecure = ["a.example", "b.example:5000"] }
        for (url, isVerified) in [
            ("https://a.example/", false), ("https://a.example:5000/", false), ("https://b.example:5000/", false),
            ("https://b.example/", true), ("https://c.example/", true), ("https://127.0.0.1:5000/", true),
        ] {
            #expect(try peer(url, hosts).isVerified == isVerified, "\(url)")
        }
    }

    /// Beside those that are trusted for every host.
    @Test func furtherAuthoritiesDoNotReplaceTheOthers() async throws {
        let scratch = try TemporaryDirectory()
        let (first, second) = (
            try CertificateAuthority(in: scratch.path, name: "first"),
            try CertificateAuthority(in: scratch.path, name: "second")
        )
        for authority in [first, second] {
            let certificate = try authority.issue("/CN=registry", alternativeNames: ["IP:127.0.0.1"])
            try await DockerRegistry.run(tls: .init(certificate)) { registry in
                let hosts = try hosts {
                    $0.authorities = PEMFile(second.file, place: FailureContext("flag", "--ca-file"))
                }
                var configuration = hosts.clientConfiguration
                configuration.certificateFile = first.file.string
                let request = HTTPRequest(.get, try HTTPURL("https://\(registry.host)/v2/"))
                #expect(try await HTTPClient(configuration: configuration).send(request).isSuccess)
            }
        }
    }
}
