import Diagnostics
public import Registry
import Transfer

/// The registry credentials that a project's builds go with: the server's, encrypted in the database, and before them what
/// a caller lent to the one build.
public struct CredentialBook: Sendable {
    private let store: any SecretStore
    private let vault: Vault

    /// Takes where they are kept and what opens them.
    public init(store: any SecretStore, vault: Vault) {
        self.store = store
        self.vault = vault
    }

    /// What one build knows.
    /// - Parameters:
    ///   - project: whose build it is. Its own credentials come before those of all projects with an equally long scope.
    ///   - lent: what the caller lent; it comes before all else.
    public func credentials(project: String, lent: BuildSecrets = BuildSecrets()) async throws -> BuildCredentials {
        var entries = lent.registries.compactMap { login in
            (try? CredentialScope(login.scope)).map { BuildCredentials.Entry($0, login, rank: 2) }
        }
        for sealed in try await store.credentials(project: project)
        where sealed.project == nil || sealed.project == project {
            let scope = try CredentialScope(sealed.scope)
            let login = try vault.open(
                BuildSecrets.Login.self, from: sealed.sealed,
                for: Self.purpose(project: sealed.project, scope: scope))
            entries.append(.init(scope, login, rank: sealed.project == nil ? 0 : 1))
        }
        return BuildCredentials(entries: entries)
    }

    /// Seals with the vault's first key what was sealed with another.
    /// - Returns: how many were.
    func renew(project: String?) async throws -> Int {
        var count = 0
        for sealed in try await store.credentials(project: project) where vault.isOutdated(sealed.sealed) {
            let purpose = Self.purpose(project: sealed.project, scope: try CredentialScope(sealed.scope))
            var renewed = sealed
            renewed.sealed = try vault.seal(vault.open(sealed.sealed, for: purpose), for: purpose)
            try await store.setCredential(renewed)
            count += 1
        }
        return count
    }

    static func purpose(project: String?, scope: CredentialScope) -> String {
        "registry credential of \(project.map { "project \($0)" } ?? "all projects") for \(scope.text)"
    }
}

/// The registry credentials of one build. It shows nothing of them.
public struct BuildCredentials: CredentialSource, CustomReflectable {
    struct Entry: Sendable {
        let scope: CredentialScope
        let credential: Credential
        /// Of several equally long scopes the highest counts.
        let rank: Int

        init(_ scope: CredentialScope, _ login: BuildSecrets.Login, rank: Int) {
            self.scope = scope
            credential = Credential(user: login.username, password: Secret(login.password))
            self.rank = rank
        }
    }

    private let entries: [Entry]

    init(entries: [Entry]) { self.entries = entries }

    /// The credential for a registry as a whole.
    public func credential(for registry: String) -> Credential? { credential(for: registry, repository: nil) }

    /// The credential for a repository: what was lent, else that of the longest scope.
    public func credential(for registry: String, repository: String?) -> Credential? {
        let matches = entries.compactMap { entry in
            entry.scope.match(registry: registry, repository: repository).map { (length: $0, entry: entry) }
        }
        func order(_ match: (length: Int, entry: Entry)) -> (Int, Int, Int) {
            (match.entry.rank == 2 ? 1 : 0, match.length, match.entry.rank)
        }
        return matches.max { order($0) < order($1) }?.entry.credential
    }

    /// The passwords, for those who take care that no text holds one, also as they are sent.
    var passwords: [String] {
        entries.flatMap { entry in
            let password = entry.credential.password.reveal()
            return [password] + sentForms(user: entry.credential.user, password: password)
        }
    }

    /// Nothing of the values.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// What an `Authorization` field holds of a user and a password (RFC 7617), for those who take care that no text holds it.
func sentForms(user: String, password: String) -> [String] {
    [HTTPRequest.basicAuthorization(user: user, password: password).split(separator: " ").last.map(String.init) ?? ""]
}

extension BuildSecrets {
    /// What the secrets of a build are sealed for.
    static func purpose(project: String) -> String { "secrets of a build of project \(project)" }
}
