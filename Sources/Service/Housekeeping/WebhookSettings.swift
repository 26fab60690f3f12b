import Diagnostics
import Transfer

/// How webhooks are sent.
public struct WebhookSettings: Sendable, Hashable {
    /// How often a delivery is tried.
    public var attempts = 10
    /// How long a receiver may take.
    public var timeout = Duration.seconds(15)
    /// Hosts, `host[:port]`, that may be asked by plain HTTP.
    public var insecureHosts: Set<String> = []
    /// Whether a receiver may be this machine, or on its own wire alone.
    public var allowsLoopback = false

    /// The usual settings.
    public init() {}

    /// Refuses a URL that is not to be sent to.
    /// - Throws: `ServiceError` (`invalid_request`).
    func check(_ text: String) throws(ServiceError) {
        let url: HTTPURL
        do {
            url = try HTTPURL(text)
        } catch {
            throw ServiceError(.invalidRequest, error.message, hints: error.hints)
        }
        guard url.userInformation == nil else {
            throw ServiceError(
                .invalidRequest, "a webhook's URL holds no user and password",
                hints: ["receivers know us by the signature"])
        }
        // The server may reach what the asker may not.
        let address = PeerAddress(host: url.host)
        guard allowsLoopback || !url.isLoopback, address.map(admits) ?? true else {
            throw ServiceError(.invalidRequest, "a webhook's receiver is another machine, not '\(url.host)'")
        }
        let isAllowed =
            url.scheme == .https || (allowsLoopback && url.isLoopback) || insecureHosts.contains(url.host)
            || insecureHosts.contains("\(url.host):\(url.port)")
        guard isAllowed else {
            throw ServiceError(.invalidRequest, "a webhook's URL begins with https, unlike '\(url)'")
        }
    }

    /// Whether an address may be connected to, whatever name stands for it: the server may reach what the asker may not.
    func admits(_ address: PeerAddress) -> Bool {
        !address.isGroup && (allowsLoopback || !address.isLoopback && !address.isLinkLocal)
    }
}
