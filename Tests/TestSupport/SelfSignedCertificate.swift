import Foundation
public import SystemPackage

/// A certificate for this machine that vouches for itself, with its key, as PEM files.
public struct SelfSignedCertificate: Sendable {
    /// The certificate.
    public let file: FilePath
    /// Its private key.
    public let keyFile: FilePath

    /// Makes one for `127.0.0.1` and `localhost`.
    public init(in directory: FilePath) throws {
        file = directory.appending("certificate.pem")
        keyFile = directory.appending("key.pem")
        let maker = try ServerProcess(
            "openssl",
            [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", keyFile.string, "-out", file.string,
                "-days",
                "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost",
            ], package: "openssl")
        maker.waitUntilExit()
    }
}
