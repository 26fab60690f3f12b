public import Diagnostics
public import Logging
import Registry
import SystemPackage
import Transfer

/// The service without its doors: what every door (REST, the Docker Engine endpoint) offers is a method here, and each one
/// takes the project that the caller may act in. Who the caller is was found out before (`caller(bearer:)`,
/// `caller(certificate:)`), and that he has the role for it was asked (`Caller.require`).
public struct BuildService: Sendable {
    /// What is remembered.
    public let store: any MetadataStore
    /// The content of contexts, by project.
    public let contexts: ContextStorage
    /// Encrypts what is secret.
    public let vault: Vault
    /// What holds for the whole server.
    public let settings: ServiceSettings
    let authenticator: CallerAuthenticator
    let bell = Doorbell()
    /// Asks registries and indexes, for all builds by the same connections.
    let client: HTTPClient
    let logger: Logger

    /// Takes the parts.
    /// - Parameters:
    ///   - store: what is remembered.
    ///   - vault: encrypts what is secret.
    ///   - settings: what holds for the whole server, its data directory among it.
    ///   - logger: told of what is nobody's request.
    public init(
        store: any MetadataStore, vault: Vault, settings: ServiceSettings,
        logger: Logger = Logger(label: "cooperage.service")
    ) {
        self.store = store
        self.vault = vault
        self.settings = settings
        self.logger = logger
        contexts = ContextStorage(
            directory: settings.dataDirectory, records: store, limits: settings.contextLimits)
        client = HTTPClient(configuration: settings.hosts.clientConfiguration)
        authenticator = CallerAuthenticator(
            store: store, issuers: settings.issuers, certificateRules: settings.certificateRules)
    }

    /// Whether the service can work: the database answers, and the data directory can be written to.
    public func checkReadiness() async throws {
        try await store.check()
        try settings.checkDataDirectory()
    }

    /// Who a bearer token belongs to: one of ours, or a JWT of a configured issuer.
    /// - Throws: `ServiceError` (`unauthenticated`).
    public func caller(bearer token: String) async throws -> Caller { try await authenticator.caller(bearer: token) }

    /// Whom a certificate makes its holder by the rules of the server's configuration.
    /// - Parameter certificate: one that the connection has verified.
    /// - Throws: `ServiceError` (`unauthenticated`).
    public func caller(certificate: ClientCertificate) throws(ServiceError) -> Caller {
        try authenticator.caller(certificate: certificate)
    }

    func audit(_ action: String, _ subject: String, project: String?, by request: RequestContext) async throws {
        try await store.audit(
            actor: request.caller.name, action: action, subject: subject, project: project, requestID: request.id)
    }
}

/// Who asks, and by which request: for the audit log.
public struct RequestContext: Sendable, Hashable {
    /// Who asks.
    public var caller: Caller
    /// The request's id, `X-Request-Id`.
    public var id: String

    /// Takes the parts.
    public init(caller: Caller, id: String) {
        self.caller = caller
        self.id = id
    }
}
