/// Who we are at a registry.
public struct Credential: Sendable, Hashable {
    /// The user's name.
    public var user: String
    /// The password, or a token in its place.
    public var password: Secret

    /// The user that docker's credential helpers name where what they tell is an identity token.
    static let identityTokenUser = "<token>"
    /// The user that Azure's registry takes its refresh tokens with, in the place of a password ("Authenticate with an
    /// Azure container registry", `az acr login --expose-token`).
    static let azureTokenUser = "00000000-0000-0000-0000-000000000000"

    /// Takes the parts.
    public init(user: String, password: Secret) {
        self.user = user
        self.password = password
    }

    /// An identity token: what a token service gave at a login in the place of the password, good for nothing but other
    /// tokens. It reads as docker's credential helpers write it, so whoever passes credentials on need not know of it.
    public init(identityToken: Secret) { self.init(user: Self.identityTokenUser, password: identityToken) }

    /// Whether the password is an identity token, which is sent to a token service alone.
    public var isIdentityToken: Bool { user == Self.identityTokenUser }

    /// Whether the password may be an identity token.
    var mayBeIdentityToken: Bool { isIdentityToken || user == Self.azureTokenUser }
}

/// Knows who we are.
public protocol CredentialSource: Sendable {
    /// The credential for a registry (`host[:port]`, Docker Hub is `docker.io`), or nil to stay anonymous.
    func credential(for registry: String) async throws -> Credential?
    /// The credential for a repository of a registry, or nil to stay anonymous. Where one credential serves a whole
    /// registry this is the same.
    /// - Parameter repository: the one that is pushed to or pulled from, `team/app`; nil where none is in question.
    func credential(for registry: String, repository: String?) async throws -> Credential?
}

extension CredentialSource {
    /// The registry's credential, whatever the repository.
    public func credential(for registry: String, repository: String?) async throws -> Credential? {
        try await credential(for: registry)
    }
}

/// Knows nobody.
public struct Anonymous: CredentialSource {
    /// The only value.
    public init() {}

    /// None.
    public func credential(for registry: String) -> Credential? { nil }
}
