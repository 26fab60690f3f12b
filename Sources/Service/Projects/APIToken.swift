/// A token by which a client is known. The secret itself is shown once, when it is made; only its hash is kept.
public struct APIToken: Sendable, Hashable, Codable {
    /// Its public part, by which it is listed and revoked.
    public var id: String
    /// What it is for, in its maker's words.
    public var label: String
    /// The project that it is for; nil is every project, which administrators of the server have.
    public var project: String?
    /// What it may do there.
    public var role: Role
    /// SHA-256 of the secret, in hexadecimal. The secret is 256 random bits, so that a slow hash adds nothing.
    public var secretHash: String
    /// When it was made.
    public var createdAt: ServerTime
    /// From when on it is refused; nil is never.
    public var expiresAt: ServerTime?
    /// Whether somebody took it back.
    public var isRevoked: Bool

    /// Takes the parts.
    public init(
        id: String, label: String, project: String?, role: Role, secretHash: String, createdAt: ServerTime,
        expiresAt: ServerTime?, isRevoked: Bool = false
    ) {
        self.id = id
        self.label = label
        self.project = project
        self.role = role
        self.secretHash = secretHash
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.isRevoked = isRevoked
    }
}
