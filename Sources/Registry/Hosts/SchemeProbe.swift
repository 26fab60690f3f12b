import Diagnostics
import Transfer

/// Finds out whether a host that may be asked by plain HTTP speaks TLS: that is tried first, as docker does.
struct SchemeProbe: Sendable {
    /// What was found out.
    struct Answer: Sendable, Equatable {
        let scheme: HTTPURL.Scheme
        /// Whether the host said so, and will next time.
        let isCertain: Bool
    }

    let client: HTTPClient

    /// Asks a host.
    /// - Throws: `CancellationError`, or `TransferError` where nobody answers in either way.
    func ask(_ host: String) async throws -> Answer {
        do {
            try await connect("https", host)
            return Answer(scheme: .https, isCertain: true)
        } catch let error as TransferError {
            switch error.code {
            case .notTLS: return Answer(scheme: .http, isCertain: true)
            case .unreachable, .interrupted, .timedOut, .proxyRefused:
                // Here both schemes have one port, and whoever is not there is told of by the request itself.
                if HTTPURL.isLoopback(host: host) { return Answer(scheme: .http, isCertain: false) }
                guard (try? await connect("http", host)) != nil else { throw error }
                return Answer(scheme: .http, isCertain: true)
            // It speaks TLS. What is wrong with that is never a reason to do without: the request will tell.
            default: return Answer(scheme: .https, isCertain: true)
            }
        }
    }

    // Without a request: a host that wants a certificate of ours hangs up on one, which looks like no TLS at all. And
    // without the authorities: to read them would take longer than all else.
    private func connect(_ scheme: String, _ host: String) async throws {
        try await client.connect(
            to: HTTPURL("\(scheme)://\(host)/"), timeouts: .init(connect: .seconds(10), stall: .seconds(10)))
    }
}
