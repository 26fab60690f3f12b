/// The certificate by which servers know us, as PEM files.
public struct ClientIdentity: Sendable, Hashable {
    /// The certificate, and those between it and its authority.
    public var certificateFile: String
    /// The private key, which has no password; it may be in the certificate's file.
    public var keyFile: String

    /// Takes the parts.
    /// - Parameter keyFile: nil where the certificate's file holds the key, too.
    public init(certificateFile: String, keyFile: String? = nil) {
        self.certificateFile = certificateFile
        self.keyFile = keyFile ?? certificateFile
    }
}
