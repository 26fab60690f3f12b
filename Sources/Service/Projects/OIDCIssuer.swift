public import SystemPackage

/// Somebody who signs JWTs that we take for a token: a CI, whose jobs need no stored secret then.
public struct OIDCIssuer: Sendable, Hashable {
    /// Where the issuer's public keys are (RFC 7517, a JWK set).
    public enum Keys: Sendable, Hashable {
        /// A document that is fetched, and fetched again when a token names a key that it lacks.
        case url(String)
        /// A file.
        case file(FilePath)
    }

    /// Whom a token makes its holder. The first that fits counts.
    public struct Rule: Sendable, Hashable {
        /// What the token's claims must be, by name; `*` in a pattern stands for any characters. Of a claim that is a list
        /// one element must fit.
        public var claims: [String: String]
        /// The project that the holder may act in.
        public var project: String
        /// What he may do there.
        public var role: Role

        /// Takes the parts.
        public init(claims: [String: String], project: String, role: Role) {
            self.claims = claims
            self.project = project
            self.role = role
        }
    }

    /// The `iss` claim, exactly.
    public var issuer: String
    /// The `aud` claim must hold one of these.
    public var audiences: [String]
    /// The issuer's public keys.
    public var keys: Keys
    /// How far the issuer's clock may be off.
    public var clockSkew: Duration
    /// Whom a token makes its holder.
    public var rules: [Rule]

    /// Takes the parts.
    public init(
        issuer: String, audiences: [String], keys: Keys, clockSkew: Duration = .seconds(60), rules: [Rule]
    ) {
        self.issuer = issuer
        self.audiences = audiences
        self.keys = keys
        self.clockSkew = clockSkew
        self.rules = rules
    }
}
