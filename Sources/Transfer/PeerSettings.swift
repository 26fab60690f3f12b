/// How TLS is done with one host.
public struct PeerSettings: Sendable, Hashable {
    /// Authorities that vouch for it beside those that are trusted for every host, PEM.
    public var authorities: [UInt8]
    /// The certificate that it is shown if it asks for one.
    public var identity: ClientIdentity?
    /// Whether its certificate has to be vouched for and has to name it.
    public var isVerified: Bool
    /// What the user can do where nobody vouches for it.
    public var authorityHint: String?

    /// Takes the parts.
    public init(
        authorities: [UInt8] = [], identity: ClientIdentity? = nil, isVerified: Bool = true,
        authorityHint: String? = nil
    ) {
        self.authorities = authorities
        self.identity = identity
        self.isVerified = isVerified
        self.authorityHint = authorityHint
    }
}
