import Diagnostics
import FoundationEssentials

/// Finds out who a bearer token, or a client's certificate, belongs to.
struct CallerAuthenticator: Sendable {
    private let store: any MetadataStore
    private let verifiers: [OIDCVerifier]
    private let certificateRules: [CertificateRule]

    init(store: any MetadataStore, issuers: [OIDCIssuer], certificateRules: [CertificateRule] = []) {
        self.store = store
        verifiers = issuers.map { OIDCVerifier($0) }
        self.certificateRules = certificateRules
    }

    /// Who it is.
    /// - Throws: `ServiceError` (`unauthenticated`), which does not say which part of the token is wrong.
    func caller(bearer text: String) async throws -> Caller {
        if let token = TokenText(text) { return try await caller(token) }
        guard text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).count == 3 else {
            throw Self.unknown
        }
        return try await caller(jwt: text)
    }

    private func caller(_ text: TokenText) async throws -> Caller {
        let token = try await store.token(text.id)
        // Compared although there is none, so that the time does not tell which ids there are.
        let isRight = isEqualInConstantTime(try text.hash, token?.secretHash ?? String(repeating: "0", count: 64))
        guard let token, isRight, !token.isRevoked else { throw Self.unknown }
        if let expiry = token.expiresAt {
            // By the database's clock, which all processes share.
            guard try await store.now() < expiry else {
                throw ServiceError(.unauthenticated, "the token \(token.id) has expired", hints: ["ask for a new one"])
            }
        }
        return Caller(name: token.id, project: token.project, role: token.role)
    }

    private func caller(jwt: String) async throws -> Caller {
        guard let issuer = OIDCVerifier.issuer(of: jwt),
            let verifier = verifiers.first(where: { $0.issuer.issuer == issuer })
        else { throw Self.unknown }
        return try await verifier.caller(jwt: jwt, now: try await store.now())
    }

    /// Who the holder of a certificate is that his connection has verified.
    /// - Throws: `ServiceError` (`unauthenticated`).
    func caller(certificate: ClientCertificate, now: Date = Date()) throws(ServiceError) -> Caller {
        let shown = certificate.names.first.map { "certificate '\($0)'" } ?? "certificate without a name"
        // It was valid when the connection began, which may be long ago.
        guard now < certificate.expiresAt else {
            throw ServiceError(
                .unauthenticated, "the client's \(shown) has expired", hints: ["connect anew with a new one"])
        }
        for rule in certificateRules {
            guard let name = rule.name(in: certificate) else { continue }
            return Caller(
                name: "certificate:\(certificate.commonName ?? name)", project: rule.project, role: rule.role)
        }
        throw ServiceError(
            .unauthenticated, "the client's \(shown) fits no rule here, and the request carries no token",
            hints: ["send 'Authorization: Bearer <token>', or have the certificate named in the server's 'tls.clients'"]
        )
    }

    private static let unknown = ServiceError(
        .unauthenticated, "the token is not known here", hints: ["send a token as 'Authorization: Bearer cprg_…'"])
}
