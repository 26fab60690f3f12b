public import Content
import Diagnostics
import OCI
import Synchronization
public import Transfer

/// The distribution API (OCI distribution specification 1.1), as much of it as pulling and pushing images takes.
///
/// One client serves all registries: it knows the credentials, keeps tokens, limits how much goes on at once with each
/// host and repeats what may be repeated. Everything that comes from a registry is checked against its digest before
/// anybody sees it. What differs between registries beyond the specification is not told here by name: mounts, upload
/// locations and errors are taken in every form that is known to occur, and what is left is in a `RegistryProfile`.
public final class RegistryClient: Sendable {
    let client: HTTPClient
    let retrier: Retrier
    /// Remembers uploads that did not come to their end.
    let records: (any RecordStore)?
    private let authenticator: Authenticator
    private let transfersPerHost: Int
    /// Where registries are, and how they are reached.
    let hosts: RegistryHosts
    let warnings: RegistryWarnings
    private let profile: @Sendable (_ registry: String) -> RegistryProfile
    private let paces = Mutex<[Endpoint: HostPace]>([:])
    private let givenUp = Mutex<Set<String>>([])

    /// Makes a client.
    /// - Parameters:
    ///   - client: made with the configuration of `hosts`.
    ///   - credentials: who we are.
    ///   - retrier: how often and when is tried again.
    ///   - transfersPerHost: how many operations go on at once with one registry; fewer after it refused one as too much.
    ///   - records: remembers uploads that did not come to their end, for the next run of the program.
    ///   - hosts: where registries are, and how they are reached; nil takes the client's `insecureHosts` alone.
    ///   - warn: hears what a registry wants users to know, each once.
    ///   - profile: what is particular about a registry; nil takes what `hosts` knows.
    public init(
        client: HTTPClient, credentials: any CredentialSource = Anonymous(), retrier: Retrier = Retrier(),
        transfersPerHost: Int = 4, records: (any RecordStore)? = nil, hosts: RegistryHosts? = nil,
        warn: @escaping @Sendable (_ message: String) -> Void = { _ in },
        profile: (@Sendable (_ registry: String) -> RegistryProfile)? = nil
    ) {
        let hosts = hosts ?? RegistryHosts(insecure: client.configuration.insecureHosts)
        self.client = client
        self.retrier = retrier
        self.transfersPerHost = transfersPerHost
        self.records = records
        self.hosts = hosts
        self.profile = profile ?? { hosts.profile($0) }
        warnings = RegistryWarnings(warn)
        authenticator = Authenticator(client: client, credentials: credentials, time: retrier.time)
    }

    /// Makes a client with the credentials of docker's and podman's files.
    /// - Throws: `RegistryError` (`invalid_credentials`) when one cannot be read.
    public convenience init(client: HTTPClient, environment: [String: String], retrier: Retrier = Retrier()) throws {
        self.init(
            client: client, credentials: try CredentialFiles(environment: environment, time: retrier.time),
            retrier: retrier)
    }

    /// Where a name leads when something is written, or asked about itself: to the registry that it names.
    /// - Throws: `RegistryError` (`blocked`), `TransferError`.
    func endpoint(_ reference: Reference) async throws -> Endpoint {
        try hosts.check(reference)
        return try await endpoint(at: reference.registry)
    }

    func endpoint(at registry: String, isMirror: Bool = false) async throws -> Endpoint {
        let probe = SchemeProbe(client: client)
        let scheme = try await hosts.scheme(of: Endpoint.host(of: registry), probe: probe)
        return try Endpoint(registry, scheme: scheme, profile: profile(registry), isMirror: isMirror)
    }

    /// How often and when a registry is asked again: a mirror once, since another one is there.
    func retrier(at endpoint: Endpoint) -> Retrier {
        guard endpoint.isMirror else { return retrier }
        var retrier = retrier
        retrier.policy.attempts = min(retrier.policy.attempts, 2)
        return retrier
    }

    /// Whether a mirror failed in a way in which it will fail again.
    func isGivenUp(_ registry: String) -> Bool { givenUp.withLock { $0.contains(registry) } }

    /// Has a mirror not asked again.
    func giveUp(_ registry: String) { givenUp.withLock { _ = $0.insert(registry) } }

    func sender(_ endpoint: Endpoint, _ scopes: [Scope], accepting: Set<Int> = []) -> AuthorisedSender {
        AuthorisedSender(
            client: client, authenticator: authenticator, endpoint: endpoint, pace: pace(at: endpoint),
            warnings: warnings, scopes: scopes, accepting: accepting)
    }

    /// How much goes on at once with a registry, and how fast.
    private func pace(at endpoint: Endpoint) -> HostPace {
        paces.withLock { paces in
            if let pace = paces[endpoint] { return pace }
            let pace = HostPace(transfers: transfersPerHost, retrier: retrier)
            paces[endpoint] = pace
            return pace
        }
    }

    /// What limits how much goes on at once with a registry.
    func limit(at endpoint: Endpoint) -> ConcurrencyLimit { pace(at: endpoint).limit }

    /// Runs an operation when the registry has room for it, as often as the policy allows.
    func perform<Value>(
        at endpoint: Endpoint, isolation: isolated (any Actor)? = #isolation,
        _ operation: (_ attempt: Int) async throws -> Value
    ) async throws -> Value {
        let value = try await limit(at: endpoint).run { try await retrier(at: endpoint).run(operation) }
        hosts.remember(endpoint.base.scheme, of: Endpoint.host(of: endpoint.registry))
        return value
    }
}
