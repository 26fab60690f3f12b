public import Diagnostics

/// A transfer that did not come to a good end.
public typealias TransferError = Failure<TransferErrorCode>

/// What can happen to a transfer.
public enum TransferErrorCode: String, ClassifiedCode {
    /// The text is not a URL that we can ask.
    case invalidURL = "invalid_url"
    /// A header holds a line break or another control character.
    case invalidHeader = "invalid_header"
    /// Plain HTTP to a host that was not named as insecure.
    case insecureTransport = "insecure_transport"
    /// The host's name stands for an address that is not to be connected to.
    case refusedAddress = "refused_address"
    /// The host's name is unknown, or nobody answers there.
    case unreachable
    /// The connection broke before the transfer was complete.
    case interrupted
    /// Connecting took too long, or no bytes came for too long.
    case timedOut = "timed_out"
    /// TLS with this host cannot be established or trusted.
    case untrusted
    /// The host speaks no TLS where TLS is expected.
    case notTLS = "not_tls"
    /// A proxy that the environment names refuses, or cannot be used.
    case proxyRefused = "proxy_refused"
    /// The host wants a certificate of ours, or another one than it was shown.
    case certificateRefused = "certificate_refused"
    /// The certificate that is to be shown, or its key, cannot be used.
    case unusableCertificate = "unusable_certificate"
    /// A redirect without an end, or to where we do not go.
    case badRedirect = "bad_redirect"
    /// The body is longer than is accepted there.
    case tooLong = "too_long"
    /// Content hashes to another digest, or has another length, than was promised.
    case contentMismatch = "content_mismatch"
    /// The server answered that it cannot now.
    case unavailable
    /// The server wants other credentials, or none will do.
    case unauthorised
    /// The server answered with another error.
    case refused
    /// libcurl failed in a way that says nothing about the server.
    case failed

    /// The URL and the certificate are the asker's, all else the world's.
    public var blame: Blame {
        switch self {
        case .invalidURL, .invalidHeader, .insecureTransport, .certificateRefused, .unusableCertificate: .request
        default: .outside
        }
    }

    /// Whether trying again can help.
    public var failureClass: FailureClass {
        switch self {
        case .unreachable, .interrupted, .timedOut, .unavailable: .passing
        case .unauthorised: .authorisation
        default: .permanent
        }
    }
}
