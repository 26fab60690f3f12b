import SystemPackage
public import Transfer

/// How registries are reached, as flags, variables and files say it.
public struct RegistrySettings: Sendable {
    /// A certificate and its key, as PEM files that somebody named.
    public struct Certificate: Sendable {
        /// The certificate, and those between it and its authority.
        public var file: PEMFile
        /// Its private key; nil where the certificate's file holds it, too.
        public var keyFile: PEMFile?

        /// Takes the parts.
        public init(file: PEMFile, keyFile: PEMFile? = nil) {
            self.file = file
            self.keyFile = keyFile
        }

        var identity: ClientIdentity {
            ClientIdentity(certificateFile: file.path.string, keyFile: keyFile?.path.string)
        }
    }

    /// `host[:port]` of those with which TLS need not be trusted, and need not be: docker's `insecure-registries`.
    public var insecure: Set<String> = []
    /// The authorities that vouch for hosts beside the system's.
    public var authorities: PEMFile?
    /// The certificate that registries are shown, whatever a directory has for one.
    public var certificate: Certificate?
    /// The certificate for registries for which no directory has one.
    public var usualCertificate: Certificate?
    /// The directories that have more for single hosts.
    public var directories = CertificateDirectories()
    /// Mirrors, and where names really lead.
    public var configuration = RegistriesConfiguration()
    /// What was found out about single registries.
    public var profiles = StoredProfiles()

    /// Nothing particular: loopback addresses by whichever scheme they speak, all others by https.
    public init() {}
}
