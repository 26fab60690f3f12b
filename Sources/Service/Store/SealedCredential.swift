/// A stored registry credential: encrypted, by project and by registry and namespace.
public struct SealedCredential: Sendable, Hashable {
    /// The project; nil serves all.
    public var project: String?
    /// `registry` or `registry/namespace`: the longest that fits a repository counts.
    public var scope: String
    /// AES-256-GCM over user and password, with the key's id in front.
    public var sealed: [UInt8]

    /// Takes the parts.
    public init(project: String?, scope: String, sealed: [UInt8]) {
        self.project = project
        self.scope = scope
        self.sealed = sealed
    }
}
