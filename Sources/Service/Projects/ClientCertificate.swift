public import FoundationEssentials

/// What a client's certificate says of its holder, once the connection has verified it.
///
/// How it is encoded is nothing to this room: whoever serves TLS reads it.
public struct ClientCertificate: Sendable, Hashable {
    /// The subject's common name.
    public var commonName: String?
    /// The subject's alternative names: DNS names, e-mail addresses, URIs.
    public var alternativeNames: [String]
    /// From when on it says nothing more.
    public var expiresAt: Date

    /// Takes the parts.
    public init(commonName: String?, alternativeNames: [String] = [], expiresAt: Date) {
        self.commonName = commonName
        self.alternativeNames = alternativeNames
        self.expiresAt = expiresAt
    }

    /// All that it calls its holder, the common name first.
    var names: [String] { (commonName.map { [$0] } ?? []) + alternativeNames }
}
