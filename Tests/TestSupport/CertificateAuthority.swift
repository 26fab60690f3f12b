import Content
public import SystemPackage

/// An authority that vouches for clients, and for servers of this machine, with its certificates as PEM files.
public struct CertificateAuthority: Sendable {
    /// A certificate and its key.
    public struct Issued: Sendable {
        /// The certificate.
        public let file: FilePath
        /// Its private key.
        public let keyFile: FilePath
    }

    /// The authority's own certificate.
    public let file: FilePath
    private let keyFile: FilePath
    private let directory: FilePath

    /// Makes one.
    /// - Parameter name: of the authority, and of its files.
    public init(in directory: FilePath, name: String = "authority") throws {
        self.directory = directory
        file = directory.appending("\(name).crt")
        keyFile = directory.appending("\(name).key")
        try run(
            "openssl",
            ["req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=\(name)"] + Self.newKey(keyFile)
                + ["-out", file.string])
    }

    /// Makes a certificate.
    /// - Parameters:
    ///   - subject: as openssl writes it: `/CN=ci-main`.
    ///   - alternativeNames: as openssl writes them: `DNS:ci.example`.
    ///   - days: from now on; a negative number has expired.
    public func issue(_ subject: String, alternativeNames: [String] = [], days: Int = 2) throws -> Issued {
        let name = String(UInt32.random(in: 0 ... .max))
        let issued = Issued(
            file: directory.appending("\(name).crt"), keyFile: directory.appending("\(name).key"))
        let request = directory.appending("\(name).csr")
        try run(
            "openssl",
            ["req", "-nodes", "-subj", subject] + Self.newKey(issued.keyFile) + ["-out", request.string]
                + (alternativeNames.isEmpty
                    ? [] : ["-addext", "subjectAltName=\(alternativeNames.joined(separator: ","))"]))
        try run(
            "openssl",
            [
                "x509", "-req", "-in", request.string, "-CA", file.string, "-CAkey", keyFile.string, "-days",
                "\(days)", "-copy_extensions", "copy", "-out", issued.file.string,
            ])
        return issued
    }

    private static func newKey(_ path: FilePath) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", path.string]
    }
}
