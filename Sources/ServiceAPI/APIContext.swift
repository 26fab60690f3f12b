import Diagnostics
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import Service

/// What is known of a request while it is served.
struct APIContext: Hummingbird.RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The request's id: the client's own, or one that was made here.
    var requestID = ""
    /// Where it comes from, as text without the port; nil for a unix socket.
    let remoteAddress: String?
    /// Whether it comes from this machine.
    let isLocal: Bool
    /// Who asks, once that is known.
    var caller: Caller?
    /// The project that the request names.
    var namedProject: String?
    /// The connection, for answers before the answer.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        let address = source.channel.remoteAddress
        remoteAddress = address?.ipAddress
        isLocal = Self.isLoopback(address)
    }

    private static func isLoopback(_ address: SocketAddress?) -> Bool {
        switch address {
        case .v4: address?.ipAddress?.hasPrefix("127.") == true
        case .v6: address?.ipAddress == "::1"
        case .unixDomainSocket: true
        case nil: false
        }
    }

    /// The certificate that the client showed, which was verified when the connection began; nil without TLS, or where none
    /// was asked for. It is not kept: to ask for it costs less than to look it up would.
    func peerCertificate() async -> NIOSSLCertificate? { try? await channel.nioSSL_peerCertificate().get() }

    /// Who asks.
    /// - Throws: `ServiceError` (`unauthenticated`) where a route was reached without the middleware that finds out.
    func requiredCaller() throws -> Caller {
        guard let caller else { throw ServiceError(.unauthenticated, "the request names nobody") }
        return caller
    }

    /// Who asks, who may do what a role may, in which project.
    func scope(_ role: Role) throws -> RequestScope {
        let caller = try requiredCaller()
        try caller.require(role)
        return RequestScope(
            project: try caller.project(named: namedProject), origin: RequestOrigin(caller: caller, id: requestID))
    }

    /// Who asks, who may do what a role may, in a project that there is.
    func scope(_ role: Role, in service: BuildService) async throws -> RequestScope {
        let scope = try scope(role)
        // A token's own project was there when it was made.
        if namedProject != nil { _ = try await service.project(scope.project) }
        return scope
    }

    /// A parameter of the path.
    func parameter(_ name: String) throws -> String { PercentEncoding.decoded(try parameters.require(name)) }

    /// Who asks, who administers the server.
    func administratorScope() throws -> RequestOrigin {
        let caller = try requiredCaller()
        try caller.requireServerAdministrator()
        _ = try caller.project(named: namedProject)
        return RequestOrigin(caller: caller, id: requestID)
    }
}

/// In which project a request acts, and for whom.
struct RequestScope: Sendable {
    let project: String
    let origin: RequestOrigin

    /// Whose things may be looked at by id: the caller's project, or any for those who may act in every one.
    var visible: String? { origin.caller.project }
}
