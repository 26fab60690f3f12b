import Diagnostics
import OCI
import Synchronization
public import Transfer

/// Where registries are, by which scheme they are asked, whom we trust there and as whom we come. One for all clients of a
/// process, since it remembers what it found out.
public final class RegistryHosts: Sendable {
    private struct State {
        var schemes: [String: HTTPURL.Scheme] = [:]
        /// The registries that we were sent to by name, `host:port`: they alone are shown a certificate.
        var named: Set<String> = []
        var files: [String: CertificateDirectories.Found] = [:]
    }

    /// What they were made with.
    public let settings: RegistrySettings
    private let authorities: [UInt8]
    private let insecure: Set<String>
    private let secure: Set<String>
    private let state = Mutex(State())
    private let probes = SharedWork<String, SchemeProbe.Answer>()

    /// Takes settings, and looks into the files that they name.
    /// - Throws: `TransferError` (`unusable_certificate`) for one that holds something else.
    public init(_ settings: RegistrySettings) throws {
        self.settings = settings
        authorities = try settings.authorities?.read("the authorities to trust", .certificate) ?? []
        for certificate in [settings.certificate, settings.usualCertificate].compactMap(\.self) {
            try certificate.file.read("the certificate", .certificate)
            try (certificate.keyFile ?? certificate.file).read("the certificate's key", .key)
        }
        insecure = settings.insecure.union(settings.configuration.hosts(insecure: true))
        secure = settings.configuration.hosts(insecure: false).subtracting(insecure)
    }

    /// Takes nothing but what may be insecure, `host[:port]`.
    public init(insecure: Set<String> = []) {
        var settings = RegistrySettings()
        settings.insecure = insecure
        self.settings = settings
        authorities = []
        self.insecure = insecure
        secure = []
    }

    /// What an HTTP client for these hosts is made with.
    public var clientConfiguration: HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(insecureHosts: insecure)
        configuration.peer = { [self] in try peer(at: $0) }
        return configuration
    }

    /// What is particular about a registry: what was found out about it, else what is known of its kind.
    public func profile(_ registry: String) -> RegistryProfile {
        settings.profiles.profile(of: registry, beside: RegistryProfile(registry: registry))
    }

    // MARK: Names

    /// The names under which an image is asked for when it is pulled, the one where it really is last.
    func sources(of reference: Reference) throws -> [Reference] { try settings.configuration.sources(of: reference) }

    /// Refuses a name that is blocked.
    func check(_ reference: Reference) throws { try settings.configuration.check(reference) }

    // MARK: TLS

    /// How a host is asked.
    /// - Parameter probe: asks it, where both is possible and it was not asked before.
    func scheme(of host: String, probe: SchemeProbe) async throws -> HTTPURL.Scheme {
        if let authority = try? HTTPURL("https://\(host)").authority {
            _ = state.withLock { $0.named.insert(authority) }
        }
        guard mayBePlain(host) else { return .https }
        if let known = state.withLock({ $0.schemes[host] }) { return known }
        let answer = try await probes.value(for: host) { try await probe.ask(host) }
        if answer.isCertain { remember(answer.scheme, of: host) }
        return answer.scheme
    }

    /// Remembers how a host was asked with success.
    func remember(_ scheme: HTTPURL.Scheme, of host: String) {
        guard mayBePlain(host) else { return }
        state.withLock { $0.schemes[host] = scheme }
    }

    private func mayBePlain(_ host: String) -> Bool {
        isInsecure(host) || (HTTPURL.isLoopback(host: host) && !secure.contains(host))
    }

    private func isInsecure(_ host: String) -> Bool {
        insecure.contains(host) || insecure.contains(Endpoint.name(of: host))
    }

    private func peer(at url: HTTPURL) throws -> PeerSettings {
        let authority = url.authority
        let names = url.port == 443 ? [authority, url.host] : [authority]
        let files = try files(of: authority, names)
        let isNamed = state.withLock { $0.named.contains(authority) }
        let identity =
            isNamed
            ? settings.certificate?.identity ?? files.identity ?? settings.usualCertificate?.identity : files.identity
        return PeerSettings(
            authorities: authorities + files.authorities, identity: identity,
            isVerified: !names.contains(where: isInsecure),
            authorityHint: hint(names.last ?? authority))
    }

    /// Where an authority can be named: who reads no such directories, as a server that was told of none, has no flags either.
    private func hint(_ host: String) -> String? {
        guard !settings.directories.roots.isEmpty else { return nil }
        let file = "~/.config/containers/certs.d/\(host)/ca.crt"
        return "if you trust it, name its authority by --ca-file, or put it at \(file)"
    }

    private func files(of authority: String, _ names: [String]) throws -> CertificateDirectories.Found {
        if let known = state.withLock({ $0.files[authority] }) { return known }
        let found = try settings.directories.files(for: names) ?? .init()
        state.withLock { $0.files[authority] = found }
        return found
    }
}

extension HTTPURL {
    /// `host:port`, the port always.
    fileprivate var authority: String { "\(host):\(port)" }
}
