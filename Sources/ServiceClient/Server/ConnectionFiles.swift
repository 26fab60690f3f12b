public import Diagnostics
import SystemPackage
public import Transfer

/// The PEM files of a connection to a server: who vouches for it there, and by which certificate it knows us.
public struct ConnectionFiles: Sendable {
    /// A file, and where it was named.
    public typealias Named = PEMFile

    /// The authorities that vouch for the server; nil leaves it to the system's.
    public var authority: Named?
    /// The certificate that we show, and those between it and its authority.
    public var certificate: Named?
    /// Its private key; nil where the certificate's file holds it, too.
    public var key: Named?

    /// Takes the parts.
    public init(authority: Named? = nil, certificate: Named? = nil, key: Named? = nil) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }

    /// The variables that name files where no flag does.
    public static let variables = (
        authority: "COOPERAGE_CA_FILE", certificate: "COOPERAGE_CERT_FILE", key: "COOPERAGE_KEY_FILE"
    )

    /// Those that an environment names.
    public init(environment: [String: String]) {
        func named(_ variable: String) -> Named? {
            guard let text = environment[variable], !text.isEmpty else { return nil }
            return Named(FilePath(text), place: FailureContext("variable", variable))
        }
        self.init(
            authority: named(Self.variables.authority), certificate: named(Self.variables.certificate),
            key: named(Self.variables.key))
    }

    /// What is named here, and the rest from elsewhere. Certificate and key are a pair: they come from one place.
    public func completed(by others: ConnectionFiles) -> ConnectionFiles {
        let isSilent = certificate == nil && key == nil
        return ConnectionFiles(
            authority: authority ?? others.authority, certificate: isSilent ? others.certificate : certificate,
            key: isSilent ? others.key : key)
    }

    /// Looks into them.
    /// - Throws: `ClientError` (`unusable_file`) for a file that cannot be read, or holds something else.
    public func check() throws(ClientError) {
        if let key, certificate == nil {
            throw ClientError(
                .unusableFile, "the key '\(key.path)' belongs to a certificate that is not named", context: [key.place],
                hints: ["name it by --cert-file, or by \(Self.variables.certificate)"])
        }
        do throws(TransferError) {
            try authority?.read("the authorities to trust", .certificate)
            try certificate?.read("the certificate", .certificate)
            try (key ?? certificate)?.read("the certificate's key", .key)
        } catch {
            throw ClientError(
                .unusableFile, error.message, context: error.context, hints: error.hints, cause: error.cause)
        }
    }

    /// A client that uses them.
    /// - Throws: `ClientError` (`unusable_file`) for a file that cannot be read, or holds something else.
    public func sender() throws(ClientError) -> any HTTPSender {
        try check()
        return HTTPClient(
            configuration: HTTPClient.Configuration(
                certificateFile: authority?.path.string,
                identity: certificate.map {
                    ClientIdentity(certificateFile: $0.path.string, keyFile: key?.path.string)
                }))
    }
}
