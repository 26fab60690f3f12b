import Content
import Foundation
import OCI
import Service
import ServiceTesting
import SystemPackage
import TestSupport
import Testing

@testable import ServiceAPI

/// Clients that are known by their certificates, before the API and before docker's calls.
@Suite struct ClientCertificateTests {
    private let scratch: TemporaryDirectory
    private let authority: CertificateAuthority
    private let server: SelfSignedCertificate

    init() throws {
        scratch = try TemporaryDirectory()
        authority = try CertificateAuthority(in: scratch.path)
        server = try SelfSignedCertificate(in: scratch.path)
    }

    /// Serves with rules.
    private func serving(
        _ rules: [CertificateRule] = [
            CertificateRule(subject: "ci-*", project: "default", role: .builder),
            CertificateRule(subject: "spiffe://example.org/*", project: "default", role: .reader),
        ], configure: (inout APISettings) -> Void = { _ in }, _ operation: (APISite) async throws -> Void
    ) async throws {
        try await APISite.run(
            { settings, _ in
                settings.tls = TLSFiles(
                    certificate: server.file, key: server.keyFile, clientAuthority: authority.file)
                configure(&settings)
            }, service: { $0.certificateRules = rules }, operation)
    }

    private func send(
        _ api: APISite, _ method: String = "GET", _ path: String = "/api/v1/version", json: String? = nil,
        token: String? = nil, as issued: CertificateAuthority.Issued?
    ) async throws -> Answer {
        var arguments = ["--cacert", server.file.string]
        if let issued { arguments += ["--cert", issued.file.string, "--key", issued.keyFile.string] }
        var headers = token.map { ["Authorization: Bearer \($0)"] } ?? []
        if json != nil { headers.append("Content-Type: application/json") }
        return try await Curl.send(
            method, "https://\(api.address)\(path)", body: json.map { Array($0.utf8) }, headers: headers,
            arguments: arguments)
    }

    @Test func aCertificateNamesItsHolder() async throws {
        let builder = try authority.issue("/O=Example/CN=ci-main")
        let reader = try authority.issue("/O=Example", alternativeNames: ["URI:spiffe://example.org/web", "DNS:web"])
        try await serving { api in
            let built = try await send(api, "POST", "/api/v1/builds", json: APISite.submission(), as: builder)
            #expect(built.status == 202, "\(built)")
            #expect(try built.text("requested_by") == "certificate:ci-main")
            #expect(try built.text("project") == "default")
            #expect(try await send(api, "GET", "/api/v1/tokens", as: builder).status == 403)
            #expect(try await send(api, as: reader).status == 200)
            let refused = try await send(api, "POST", "/api/v1/builds", json: APISite.submission(), as: reader)
            #expect(refused.status == 403, "\(refused)")
            // A token goes before, and one that is not known is not made up for.
            #expect(try await send(api, "GET", "/api/v1/tokens", token: api.admin, as: reader).status == 200)
            #expect(try await send(api, token: "cprg_a_b", as: builder).status == 401)
        }
    }

    @Test func whatFitsNoRuleNeedsAToken() async throws {
        let other = try authority.issue("/CN=laptop")
        // Bytes that end a text elsewhere end none here.
        let odd = try authority.issue("/CN=ci-main\u{1}", alternativeNames: ["DNS:laptop.example"])
        try await serving { api in
            for (certificate, name) in [(other, "laptop"), (odd, "laptop.example")] {
                let refused = try await send(api, as: certificate)
                #expect(refused.status == 401)
                #expect(try refused.text("code") == "unauthenticated")
                #expect(
                    try refused.text("detail")
                        == "the client's certificate '\(name)' fits no rule here, and the request carries no token")
                #expect(try await send(api, token: api.admin, as: certificate).status == 200)
            }
        }
        // Where nobody is named by a certificate, it is asked for all the same.
        try await serving([]) { api in
            let refused = try await send(api, as: other)
            #expect(refused.status == 401)
            #expect(try refused.text("detail") == "the request carries no token")
        }
    }

    @Test func whatTheAuthorityDoesNotVouchForComesNowhere() async throws {
        let stranger = try CertificateAuthority(in: scratch.path, name: "stranger").issue("/CN=ci-main")
        let expired = try authority.issue("/CN=ci-main", days: -1)
        try await serving { (api) async throws -> Void in
            for certificate in [stranger, expired, nil] {
                await #expect(throws: (any Error).self) { try await send(api, token: api.admin, as: certificate) }
            }
            // The server is none the worse for it.
            #expect(try await send(api, as: try authority.issue("/CN=ci-main")).status == 200)
        }
    }

    @Test func anonymousCallersOfThisMachineAreNoneTheLess() async throws {
        let (other, known) = (try authority.issue("/CN=laptop"), try authority.issue("/CN=ci-1"))
        try await serving(configure: { $0.allowsAnonymousLoopback = true }) { api in
            let json = APISite.submission()
            let anonymous = try await send(api, "POST", "/api/v1/builds", json: json, as: other)
            #expect(try anonymous.text("requested_by") == "anonymous")
            let named = try await send(api, "POST", "/api/v1/builds", json: json, as: known)
            #expect(try named.text("requested_by") == "certificate:ci-1")
        }
    }

    /// Connections that are kept, and TLS sessions that are taken up again, know their certificate.
    @Test func connectionsAndSessionsKeepIt() async throws {
        let known = try authority.issue("/CN=ci-1")
        try await serving { api in
            let address = "\(api.address)"
            let output = try await runAside(
                "python3",
                [
                    "-c",
                    """
                    import http.client, json, os, requests, ssl, sys
                    # Before what a session says, requests believes the machine's variables.
                    for name in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]: os.environ.pop(name, None)
                    address, authority, certificate, key = sys.argv[1:]
                    kept = requests.Session()
                    kept.verify, kept.cert = authority, (certificate, key)
                    url = "https://%s/api/v1/version" % address
                    answers = [kept.get(url).status_code for _ in range(3)]
                    context = ssl.create_default_context(cafile=authority)
                    context.load_cert_chain(certificate, key)
                    context.maximum_version = ssl.TLSVersion.TLSv1_2
                    session = None
                    for _ in range(2):
                        connection = http.client.HTTPSConnection(address, context=context)
                        # http.client has no parameter for it.
                        wrap = context.wrap_socket
                        connection._context = type("", (), {
                            "wrap_socket": lambda self, s, **k: wrap(s, session=session, **k)})()
                        connection.request("GET", "/api/v1/version")
                        answers.append(connection.getresponse().status)
                        session, reused = connection.sock.session, connection.sock.session_reused
                        connection.close()
                    print(json.dumps([answers, reused]))
                    """, address, server.file.string, known.file.string, known.keyFile.string,
                ])
            #expect(String(decoding: output, as: UTF8.self) == "[[200, 200, 200, 200, 200], true]\n")
        }
    }

    // MARK: docker's clients

    /// The files that docker's clients look for in DOCKER_CERT_PATH.
    private func dockerFiles(_ issued: CertificateAuthority.Issued) throws -> FilePath {
        let directory = scratch.path.appending("docker-\(UInt32.random(in: 0 ... .max))")
        try FileSystem.makeDirectory(directory)
        for (name, file) in [("ca.pem", server.file), ("cert.pem", issued.file), ("key.pem", issued.keyFile)] {
            try FileSystem.write(try FileSystem.read(file), to: directory.appending(name))
        }
        return directory
    }

    @Test func dockerBuildsAndPushesByItsCertificate() async throws {
        let known = try dockerFiles(authority.issue("/CN=ci-1"))
        let other = try dockerFiles(authority.issue("/CN=laptop"))
        try await DockerRegistry.run { registry in
            try await serving { api in
                try await api.site.working {
                    let engine = EngineSite(site: api.site, socket: .init(path: "/nowhere"))
                    let context = try engine.context(from: try await engine.pushBase(to: registry.host))
                    let name = "\(registry.host)/team/app"
                    func docker(_ files: FilePath, _ arguments: [String]) async throws -> EngineSite.Outcome {
                        try await EngineSite.docker(
                            arguments, host: "tcp://\(api.address)",
                            environment: ["DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": files.string])
                    }
                    let built = try await docker(known, ["build", "-t", "\(name):1", context.string])
                    #expect(built.status == 0, "\(built.output)")
                    let pushed = try await docker(known, ["push", "\(name):1"])
                    let digest = try await RegistryLook.digest("team/app", "1", on: registry.host)
                    #expect(pushed.status == 0 && pushed.output.contains(digest), "\(pushed.output)")
                    let callers = try await api.service.builds(BuildFilter()).builds.map(\.requestedBy)
                    #expect(callers.contains("certificate:ci-1"), "\(callers)")
                    let refused = try await docker(other, ["images"])
                    #expect(
                        refused.status != 0 && refused.output.contains("'laptop' fits no rule here"),
                        "\(refused.output)")
                }
            }
        }
    }

    @Test func dockerPyIsKnownByItsCertificate() async throws {
        let (known, other) = (try authority.issue("/CN=ci-1"), try authority.issue("/CN=laptop"))
        try await serving { api in
            func info(_ issued: CertificateAuthority.Issued) async throws -> String {
                let output = try await runAside(
                    "python3",
                    [
                        "-c",
                        """
                        import os, sys
                        for name in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"]: os.environ.pop(name, None)
                        os.environ.update(
                            DOCKER_CONFIG=sys.argv[2], DOCKER_HOST=sys.argv[1], DOCKER_TLS_VERIFY="1",
                            DOCKER_CERT_PATH=sys.argv[2])
                        import docker
                        try: print(docker.from_env(version="1.44").info()["OSType"])
                        except docker.errors.APIError as error: print(error.status_code, error.explanation)
                        """, "tcp://\(api.address)", try dockerFiles(issued).string,
                    ])
                return String(decoding: output, as: UTF8.self)
            }
            #expect(try await info(known) == "linux\n")
            let refused = try await info(other)
            #expect(refused.hasPrefix("401 ") && refused.contains("'laptop' fits no rule here"), "\(refused)")
        }
    }
}
