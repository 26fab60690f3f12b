import Content
public import Diagnostics
public import SystemPackage
public import Transfer

/// The PEM files of a connection to a server: who vouches for it there, and by which certificate it knows us.
public struct ConnectionFiles: Sendable {
    /// A file, and where it was named.
    public struct Named: Sendable {
        /// Where it lies.
        public let path: FilePath
        /// The flag, the variable or the file that names it.
        public let place: FailureContext

        /// Takes the parts.
        public init(_ path: FilePath, place: FailureContext) {
            self.path = path
            self.place = place
        }
    }

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

    /// A client that uses them.
    /// - Throws: `ClientError` (`unusable_file`) for a file that cannot be read, or holds something else.
    public func sender() throws(ClientError) -> any HTTPSender {
        if let key, certificate == nil {
            throw ClientError(
                .unusableFile, "the key '\(key.path)' belongs to a certificate that is not named", context: [key.place],
                hints: ["name it by --cert-file, or by \(Self.variables.certificate)"])
        }
        try check(authority, "the server's authorities", holds: "CERTIFICATE-----")
        try check(certificate, "the certificate", holds: "CERTIFICATE-----")
        try check(key ?? certificate, "the certificate's key", holds: "PRIVATE KEY-----", not: "ENCRYPTED")
        return HTTPClient(
            configuration: HTTPClient.Configuration(
                certificateFile: authority?.path.string,
                identity: certificate.map {
                    ClientIdentity(certificateFile: $0.path.string, keyFile: key?.path.string)
                }))
    }

    /// libcurl would tell as much, in words that name no flag.
    private func check(_ file: Named?, _ what: String, holds mark: String, not flaw: String? = nil) throws(ClientError)
    {
        guard let file else { return }
        let places = [file.place, FailureContext("file", file.path.string)]
        let text: String
        do {
            text = String(decoding: try FileSystem.read(file.path, limit: 16 << 20), as: UTF8.self)
        } catch {
            throw ClientError(.unusableFile, "the file of \(what) cannot be read", context: places, cause: error)
        }
        guard text.contains(mark) else {
            throw ClientError(
                .unusableFile, "the file of \(what) holds none", context: places,
                hints: ["it takes a PEM file, with a line '-----BEGIN …\(mark)'"])
        }
        guard flaw.map({ !text.contains($0) }) ?? true else {
            throw ClientError(
                .unusableFile, "the file of \(what) has a password, which nobody is here to type", context: places,
                hints: ["'openssl pkey -in FILE -out PLAIN' writes it without one"])
        }
    }
}
