/// What OpenSSL's words tell of a TLS connection that did not come about.
enum TLSVerdict {
    /// The other side wants a certificate of ours, or another one than it was shown.
    case certificateRefused
    /// What answers speaks no TLS.
    case noTLS
    /// Both sides cannot agree, however often they try.
    case noAgreement

    /// What it means for a transfer.
    var code: TransferErrorCode {
        switch self {
        case .certificateRefused: .certificateRefused
        case .noTLS: .notTLS
        case .noAgreement: .untrusted
        }
    }

    /// Reads libcurl's message.
    /// - Returns: nil where the connection broke for a reason that may pass.
    init?(_ words: String) {
        func told(_ texts: [String]) -> Bool { texts.contains { words.contains($0) } }
        if told(Self.certificateAlerts) {
            self = .certificateRefused
        } else if told(Self.strangeRecords) {
            self = .noTLS
        } else if told(Self.disagreements) {
            self = .noAgreement
        } else {
            return nil
        }
    }

    /// Alerts about a client's certificate (RFC 8446, 6.2), as OpenSSL 3 names them.
    private static let certificateAlerts = [
        "alert certificate required", "alert bad certificate", "alert unsupported certificate",
        "alert certificate revoked", "alert certificate expired", "alert certificate unknown", "alert unknown ca",
        "alert access denied",
    ]

    /// What OpenSSL calls bytes that are no TLS record; the second since 3.2.
    private static let strangeRecords = ["wrong version number", "packet length too long"]

    private static let disagreements = [
        "alert handshake failure", "alert protocol version", "alert insufficient security",
        "unrecognized name", "unsupported protocol", "no protocols available", "no shared cipher", "key too small",
        "md too weak", "certificate verify failed",
    ]
}
