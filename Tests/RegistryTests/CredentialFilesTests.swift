import Content
import Diagnostics
import Foundation
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

/// What docker's and podman's files tell of who we are.
@Suite struct CredentialFilesTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

    private func files(_ texts: [String: String], _ more: [String: String] = [:]) throws -> CredentialFiles {
        for (name, text) in texts { try directory.write(Array(text.utf8), to: name) }
        let root = directory.path.string
        return try CredentialFiles(
            environment: ["HOME": root, "XDG_RUNTIME_DIR": "\(root)/run", "PATH": "/usr/bin:/bin"]
                .merging(more) { $1 })
    }

    @Test func credentialsAreFoundByEveryNameOfARegistry() async throws {
        let text = """
            {"auths": {
              "https://index.docker.io/v1/": {"auth": "\(Self.base64("hub:a:b"))"},
              "127.0.0.1:5000": {"username": "me", "password": "pw"},
              "https://Registry.Example/v2/": {"auth": "\(Self.base64("x:y"))"},
              "azure.example": {"auth": "\(Self.base64("00000000-0000-0000-0000-000000000000:"))", "identitytoken": "it"},
              "helped.example": {}}}
            """
        let known = try files(["d/config.json": text], ["DOCKER_CONFIG": directory.path.appending("d").string])
        #expect(try await known.credential(for: "docker.io") == Credential(user: "hub", password: Secret("a:b")))
        #expect(try await known.credential(for: "index.docker.io")?.user == "hub")
        #expect(try await known.credential(for: "127.0.0.1:5000")?.user == "me")
        #expect(try await known.credential(for: "registry.example")?.password == Secret("y"))
        #expect(try await known.credential(for: "azure.example") == Credential(identityToken: Secret("it")))
        #expect(try await known.credential(for: "helped.example") == nil)
        #expect(try await known.credential(for: "127.0.0.1:5001") == nil)
    }

    private static let namespaces: [(String, String?, String?)] = [
        ("one.example", "team/app", "app"), ("one.example", "team/other", "team"), ("one.example", "teams", "host"),
        ("one.example", nil, "host"), ("two.example", "a", "run"), ("three.example", "v1/a", "settings"),
        ("four.example", "a", nil),
    ]

    /// The closest key wins in a file; docker's file goes before podman's two, and one that is named before all.
    @Test(arguments: namespaces)
    func namespacesAndFilesHaveTheirOrder(registry: String, repository: String?, user: String?) async throws {
        func entry(_ key: String, _ user: String) -> String {
            "\"\(key)\": {\"auth\": \"\(Self.base64("\(user):p"))\"}"
        }
        func file(_ entries: String...) -> String { "{\"auths\": {\(entries.joined(separator: ","))}}" }
        let texts = [
            ".docker/config.json": file(
                entry("one.example", "host"), entry("one.example/team", "team"),
                entry("one.example/team/app", "app")),
            "run/containers/auth.json": file(entry("one.example", "late"), entry("two.example", "run")),
            ".config/containers/auth.json": file(entry("two.example", "late"), entry("three.example/v1/", "settings")),
        ]
        #expect(try await files(texts).credential(for: registry, repository: repository)?.user == user)
        let named = try directory.write(Array(file(entry("four.example", "named")).utf8), to: "named.json")
        let alone = try files(texts, ["REGISTRY_AUTH_FILE": named.string])
        #expect(try await alone.credential(for: "four.example")?.user == "named")
        #expect(try await alone.credential(for: "one.example") == nil)
    }

    @Test func noFileIsNobodyUnlessItIsNamed() async throws {
        #expect(try await files([:]).credential(for: "docker.io") == nil)
        let missing = directory.path.appending("missing.json").string
        let error = try #require(throws: RegistryError.self) { try files([:], ["REGISTRY_AUTH_FILE": missing]) }
        #expect(error.code == .invalidCredentials && "\(error)".contains(missing))
    }

    @Test(arguments: [
        #"{"auths": {"h.example": {"auth": "c2VjcmV0"}}}"#, #"{"auths": {"h.example": "secret""#, "secret",
        #"{"credHelpers": ["secret"]}"#,
    ])
    func whatCannotBeReadIsNotQuoted(text: String) throws {
        let error = try #require(throws: RegistryError.self) { try files([".docker/config.json": text]) }
        #expect(error.code == .invalidCredentials)
        #expect(error.blame == .request)
        #expect("\(error)".contains("\(directory.path)/.docker/config.json"))
        #expect(!"\(error)".contains("secret") && !"\(error)".contains("c2VjcmV0"))
    }
}
