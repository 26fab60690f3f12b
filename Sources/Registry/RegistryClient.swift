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
    private let warnings: RegistryWarnings
    private let profile: @Sendable (_ registry: String) -> RegistryProfile
    private let paces = Mutex<[Endpoint: HostPace]>([:])

    /// Makes a client.
    /// - Parameters:
    ///   - client: its `insecureHosts` are the registries that are spoken to by plain HTTP.
    ///   - credentials: who we are.
    ///   - retrier: how often and when is tried again.
    ///   - transfersPerHost: how many operations go on at once with one registry; fewer after it refused one as too much.
    ///   - records: remembers uploads that did not come to their end, for the next run of the program.
    ///   - warn: hears what a registry wants users to know, each once.
    ///   - profile: what is particular about a registry.
    public init(
        client: HTTPClient, credentials: any CredentialSource = Anonymous(), retrier: Retrier = Retrier(),
        transfersPerHost: Int = 4, records: (any RecordStore)? = nil,
        warn: @escaping @Sendable (_ message: String) -> Void = { _ in },
        profile: @escaping @Sendable (_ registry: String) -> RegistryProfile = { RegistryProfile(registry: $0) }
    ) {
        self.client = client
        self.retrier = retrier
        self.transfersPerHost = transfersPerHost
        self.records = records
        self.profile = profile
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

    func endpoint(_ reference: Reference) throws -> Endpoint {
        try Endpoint(
            reference.registry, insecureHosts: client.configuration.insecureHosts,
            profile: profile(reference.registry))
    }

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
        try await limit(at: endpoint).run { try await retrier.run(operation) }
    }
}
