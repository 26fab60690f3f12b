import Diagnostics
import Registry
import ServiceTesting
import Testing

@testable import Service

/// Which credential goes with which repository.
@Suite struct CredentialBookTests {
    @Test(arguments: [
        ("127.0.0.1:5000", "127.0.0.1:5000", 0), ("registry.example/team", "registry.example", 1),
        ("registry.example/a/b/c", "registry.example", 3), ("docker.io", "docker.io", 0),
        ("index.docker.io/org", "docker.io", 1), ("registry-1.docker.io", "docker.io", 0),
        ("localhost", "localhost", 0),
    ])
    func scopes(_ text: String, _ registry: String, _ depth: Int) throws {
        let scope = try CredentialScope(text)
        #expect(scope.registry == registry)
        #expect(scope.namespace.count == depth)
        #expect(try CredentialScope(scope.text) == scope)
    }

    @Test(arguments: [
        "", "/", "registry.example/", "/team", "registry.example//team", "https://registry.example", "team",
        "registry.example/Team", "registry.example/team:1", "user@registry.example", "registry.example/te am",
        "registry.example/../x",
    ])
    func noScopes(_ text: String) {
        let error = #expect(throws: ServiceError.self) { try CredentialScope(text) }
        #expect(error?.code == .invalidRequest)
    }

    @Test(
        arguments: [
            ("r.example", "r.example", "team/app", 0), ("r.example/team", "r.example", "team/app", 1),
            ("r.example/team", "r.example", "team", 1), ("r.example/team/app", "r.example", "team/app", 2),
            ("r.example/team", "r.example", "teammate/app", nil), ("r.example/team", "other.example", "team/app", nil),
            ("r.example/team", "r.example", nil, nil), ("r.example", "r.example", nil, 0),
            ("r.example/team/app", "r.example", "team", nil), ("r.example:1", "r.example", "team", nil),
        ] as [(String, String, String?, Int?)])
    func matches(_ scope: String, _ registry: String, _ repository: String?, _ length: Int?) throws {
        #expect(try CredentialScope(scope).match(registry: registry, repository: repository) == length)
    }

    private func found(
        in credentials: BuildCredentials, _ repository: String?, at registry: String = "r.example"
    ) -> Credential? { credentials.credential(for: registry, repository: repository) }

    private func site() async throws -> ServiceSite {
        let site = try await ServiceSite()
        func set(_ scope: String, _ user: String, _ project: String?) async throws {
            try await site.service.setCredential(
                BuildSecrets.Login(scope: scope, username: user, password: "of-\(user)"), project: project,
                by: site.admin)
        }
        try await set("r.example", "all", nil)
        try await set("r.example/team", "all-team", nil)
        try await set("r.example", "own", "team")
        try await set("r.example/team/app", "all-app", nil)
        try await set("r.example/private", "others", "other")
        return site
    }

    @Test(
        arguments: [
            ("team", "x/y", "own"), ("team", nil, "own"), ("team", "team/x", "all-team"),
            ("team", "team/app", "all-app"),
            ("team", "private/x", "own"), ("third", "x/y", "all"), ("third", "private/x", "all"),
            ("other", "private/x", "others"), ("other", "x/y", "all"),
        ] as [(String, String?, String)])
    func theLongestScopeWinsThenTheProjectsOwn(_ project: String, _ repository: String?, _ user: String) async throws {
        let site = try await site()
        let book = CredentialBook(store: site.store, vault: site.service.vault)
        let credentials = try await book.credentials(project: project)
        let credential = try #require(found(in: credentials, repository))
        #expect(credential.user == user)
        #expect(credential.password.reveal() == "of-\(user)")
        #expect(found(in: credentials, repository, at: "unknown.example") == nil)
        // Another project's are not even at hand.
        #expect(credentials.passwords.contains("of-others") == (project == "other"))
    }

    @Test func whatIsLentGoesBeforeAll() async throws {
        let site = try await site()
        let book = CredentialBook(store: site.store, vault: site.service.vault)
        let lent = BuildSecrets(registries: [
            .init(scope: "r.example", username: "lent", password: "x"),
            .init(scope: "not a scope", username: "y", password: "z"),
        ])
        let credentials = try await book.credentials(project: "team", lent: lent)
        #expect(found(in: credentials, "team/app")?.user == "lent")
        #expect(found(in: credentials, nil)?.user == "lent")
    }

    @Test func aSealedCredentialIsOfItsPlaceAlone() async throws {
        let site = try await site()
        let all = await site.store.credentials(project: "team")
        var moved = try #require(all.first { $0.project == nil && $0.scope == "r.example/team" })
        moved.scope = "evil.example"
        await site.store.setCredential(moved)
        let book = CredentialBook(store: site.store, vault: site.service.vault)
        let error = await #expect(throws: ServiceError.self) { try await book.credentials(project: "team") }
        #expect(error?.code == .undecipherable)
    }

    @Test func rotationSealsAnew() async throws {
        let site = try await ServiceSite()
        let (first, second) = (
            "a:" + String(repeating: "A", count: 43) + "=", "b:" + String(repeating: "B", count: 42) + "A="
        )
        let old = Vault(keys: try VaultKeys(first, origin: "test"))
        let both = Vault(keys: try VaultKeys("\(second)\n\(first)", origin: "test"))
        let new = Vault(keys: try VaultKeys(second, origin: "test"))
        let scope = try CredentialScope("r.example")
        let login = BuildSecrets.Login(scope: "r.example", username: "u", password: "p")
        let sealed = try old.seal(value: login, for: CredentialBook.purpose(project: nil, scope: scope))
        await site.store.setCredential(SealedCredential(project: nil, scope: "r.example", sealed: sealed))
        #expect(try await CredentialBook(store: site.store, vault: both).renew(project: nil) == 1)
        #expect(try await CredentialBook(store: site.store, vault: both).renew(project: nil) == 0)
        let credentials = try await CredentialBook(store: site.store, vault: new).credentials(project: "x")
        #expect(found(in: credentials, nil)?.user == "u")
    }

    @Test func aStartAfterRotationSealsAllAnew() async throws {
        let (first, second) = (
            "a:" + String(repeating: "A", count: 43) + "=", "b:" + String(repeating: "B", count: 42) + "A="
        )
        let site = try await ServiceSite()
        func service(_ keys: String) throws -> BuildService {
            BuildService(
                store: site.store, vault: Vault(keys: try VaultKeys(keys, origin: "test")),
                settings: site.service.settings)
        }
        let (old, both, new) = (try service(first), try service("\(second)\n\(first)"), try service(second))
        try await old.setProject(Project(name: "team"), by: site.admin)
        for project in [nil, "team"] {
            try await old.setCredential(
                .init(scope: "r.example", username: "u", password: project ?? "all"), project: project, by: site.admin)
        }
        let webhook = try await old.addWebhook(
            url: "https://hooks.example/", secret: "a secret of enough characters", project: "team", by: site.admin)
        // A start that lacks the old key changes nothing.
        try await new.renewSecrets()
        await #expect(throws: ServiceError.self) {
            try await CredentialBook(store: site.store, vault: new.vault).credentials(project: "team")
        }
        try await both.renewSecrets()
        let credentials = try await CredentialBook(store: site.store, vault: new.vault).credentials(project: "team")
        #expect(credentials.credential(for: "r.example")?.password.reveal() == "team")
        let sealed = try #require(await site.store.webhooks(project: "team").first).sealedSecret
        let purpose = WebhookSender.purpose(id: webhook.id, project: "team")
        #expect(try new.vault.open(sealed, for: purpose) == Array("a secret of enough characters".utf8))
    }

    @Test func nothingOfThemIsShown() async throws {
        let site = try await site()
        let lent = BuildSecrets(
            registries: [.init(scope: "r.example", username: "lent", password: "swordfish-1")],
            indexes: [.init(scope: "i.example", username: "lent", password: "swordfish-2")])
        let credentials = try await CredentialBook(store: site.store, vault: site.service.vault)
            .credentials(project: "team", lent: lent)
        var shown = "\(credentials) \(lent) \(String(reflecting: lent)) \(String(reflecting: credentials))"
        dump(credentials, to: &shown)
        dump(lent, to: &shown)
        #expect(!shown.contains("swordfish") && !shown.contains("of-own"))
        #expect(try await site.service.credentialScopes(project: "team") == ["r.example"])
        #expect(
            try await site.service.credentialScopes(project: nil)
                == ["r.example", "r.example/team", "r.example/team/app"])
    }
}
