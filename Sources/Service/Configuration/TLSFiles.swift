public import SystemPackage

/// The PEM files of TLS.
public struct TLSFiles: Sendable, Hashable {
    /// The certificate and those between it and the authority.
    public var certificate: FilePath
    /// The private key.
    public var key: FilePath
    /// The authority of clients' certificates; nil asks for none.
    public var clientAuthority: FilePath?

    /// Takes the parts.
    public init(certificate: FilePath, key: FilePath, clientAuthority: FilePath? = nil) {
        self.certificate = certificate
        self.key = key
        self.clientAuthority = clientAuthority
    }
}
