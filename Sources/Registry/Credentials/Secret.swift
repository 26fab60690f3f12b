/// A password or a token. It shows nothing of itself, neither in texts nor to a debugger's dump.
public struct Secret: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let value: String

    /// Keeps a value.
    public init(_ value: String) { self.value = value }

    /// The value, for the one place that sends it.
    public func reveal() -> String { value }

    /// Nothing of the value.
    public var description: String { "…" }

    /// Nothing of the value.
    public var debugDescription: String { "…" }

    /// Nothing of the value.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// Who we are at a registry.
public struct Credential: Sendable, Hashable {
    /// The user's name.
    public var user: String
    /// The password, or a token in its place.
    public var password: Secret

    /// Takes the parts.
    public init(user: String, password: Secret) {
        self.user = user
        self.password = password
    }
}

/// Knows who we are. Docker's file is one; credential helpers would be others.
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
