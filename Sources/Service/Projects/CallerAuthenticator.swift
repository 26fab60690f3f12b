import Diagnostics

/// Finds out who a bearer token belongs to.
struct CallerAuthenticator: Sendable {
    private let store: any MetadataStore
    private let verifiers: [OIDCVerifier]

    init(store: any MetadataStore, issuers: [OIDCIssuer]) {
        self.store = store
        verifiers = issuers.map { OIDCVerifier($0) }
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

    private static let unknown = ServiceError(
        .unauthenticated, "the token is not known here", hints: ["send a token as 'Authorization: Bearer cprg_…'"])
}
