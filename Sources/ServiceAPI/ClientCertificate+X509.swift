import Diagnostics
import NIOSSL
import Service
import SwiftASN1
import X509

extension ClientCertificate {
    /// Reads the certificate of a connection (RFC 5280).
    ///
    /// A name with a control character is passed over: it would be read in one way here and in another by whoever issued
    /// it.
    /// - Throws: `ServiceError` (`unauthenticated`) where it is malformed.
    init(_ peer: NIOSSLCertificate) throws(ServiceError) {
        do {
            let certificate = try Certificate(derEncoded: peer.toDERBytes())
            // Of several the last one is the most specific.
            let commonNames = certificate.subject.flatMap { part in
                part.filter { $0.type == .RDNAttributeType.commonName }.compactMap { String($0.value) }
            }
            let alternativeNames = (try certificate.extensions.subjectAlternativeNames ?? .init()).compactMap { name in
                switch name {
                case .dnsName(let text), .rfc822Name(let text), .uniformResourceIdentifier(let text): text
                default: nil as String?
                }
            }
            self.init(
                commonName: commonNames.last.flatMap { Self.isPlain($0) ? $0 : nil },
                alternativeNames: alternativeNames.filter { Self.isPlain($0) }, expiresAt: certificate.notValidAfter)
        } catch {
            throw ServiceError(.unauthenticated, "the client's certificate cannot be read", cause: error)
        }
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    }
}
