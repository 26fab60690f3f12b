/// Whom a client's certificate makes its holder. The first that fits counts.
public struct CertificateRule: Sendable, Hashable {
    /// What one of the certificate's names must be, the common name or an alternative one; `*` stands for any characters.
    public var subject: String
    /// The project that the holder may act in.
    public var project: String
    /// What he may do there.
    public var role: Role

    /// Takes the parts.
    public init(subject: String, project: String, role: Role) {
        self.subject = subject
        self.project = project
        self.role = role
    }

    /// The name of a certificate that the rule is for; nil where it is for none.
    func name(in certificate: ClientCertificate) -> String? {
        let pattern = PolicyPattern(subject)
        return certificate.names.first { pattern.matches($0) }
    }
}
