import Diagnostics
import NIOSSL
import Service
import SystemPackage

extension TLSFiles {
    /// TLS 1.2 and later.
    func configuration() throws(ServiceError) -> TLSConfiguration {
        func unusable(_ file: FilePath, _ what: String, _ error: any Error) -> ServiceError {
            ServiceError(
                .invalidConfiguration, "the \(what) of the server cannot be used",
                context: [FailureContext("file", file.string)], hints: ["it takes a PEM file that the server may read"],
                cause: error)
        }
        let chain: [NIOSSLCertificate]
        do {
            chain = try NIOSSLCertificate.fromPEMFile(certificate.string)
        } catch {
            throw unusable(certificate, "certificate", error)
        }
        let privateKey: NIOSSLPrivateKey
        do {
            privateKey = try NIOSSLPrivateKey(file: key.string, format: .pem)
        } catch {
            throw unusable(key, "private key", error)
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let clientAuthority {
            do {
                configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(clientAuthority.string))
            } catch {
                throw unusable(clientAuthority, "authority of clients' certificates", error)
            }
            // Whoever has none is turned away. Its name is a client's, not that of the machine it comes from.
            configuration.certificateVerification = .noHostnameVerification
        }
        do {
            // That the two belong together is found out here.
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw unusable(key, "certificate and key", error)
        }
        return configuration
    }
}
