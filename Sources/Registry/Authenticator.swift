import Transfer

/// Finds out how a registry wants to be asked, gets tokens and keeps them while they last.
actor Authenticator {
    private struct Key: Hashable {
        let endpoint: Endpoint
        let scopes: [Scope]
    }

    private struct Token {
        let value: Secret
        let usableUntil: Duration
    }

    private let client: HTTPClient
    private let credentials: any CredentialSource
    private let time: TimeSource
    private var challenges: [Endpoint: Challenge] = [:]
    private var tokens: [Key: Token] = [:]
    private let work = SharedWork<Key, String>()

    init(client: HTTPClient, credentials: any CredentialSource, time: TimeSource) {
        self.client = client
        self.credentials = credentials
        self.time = time
    }

    /// The `Authorization` field to begin with: nil until the registry has asked for one.
    func authorization(for scopes: [Scope], at endpoint: Endpoint) async throws -> String? {
        guard let challenge = challenges[endpoint] else { return nil }
        return try await answer(challenge, scopes, endpoint)
    }

    /// The `Authorization` field after a registry refused a request, or nil if we have nothing better.
    /// - Parameter rejected: what was refused.
    func authorization(
        after response: HTTPResponse, rejected: String?, for scopes: [Scope], at endpoint: Endpoint
    ) async throws -> String? {
        let offers = Challenge.parse(response.headers.values("WWW-Authenticate"))
        let bearer = offers.first { $0.scheme == "bearer" && $0.parameters["realm"] != nil }
        guard let challenge = bearer ?? offers.first(where: { $0.scheme == "basic" }) else { return nil }
        challenges[endpoint] = challenge
        let key = Key(endpoint: endpoint, scopes: scopes)
        if let token = tokens[key], rejected == "Bearer \(token.value.reveal())" { tokens[key] = nil }
        let renewed = try await answer(challenge, scopes, endpoint)
        return renewed == rejected ? nil : renewed
    }

    private func answer(_ challenge: Challenge, _ scopes: [Scope], _ endpoint: Endpoint) async throws -> String? {
        guard challenge.scheme == "bearer" else {
            return try await basic(for: endpoint, scopes)
        }
        let key = Key(endpoint: endpoint, scopes: scopes)
        if let token = tokens[key], time.now() < token.usableUntil { return "Bearer \(token.value.reveal())" }
        return try await work.value(for: key) { try await self.fetchToken(challenge, key) }
    }

    private func basic(for endpoint: Endpoint, _ scopes: [Scope]) async throws -> String? {
        let credential = try await credential(for: endpoint, scopes)
        // An identity token is for a token service, and means nothing here.
        guard let credential, !credential.isIdentityToken else { return nil }
        return HTTPRequest.basicAuthorization(user: credential.user, password: credential.password.reveal())
    }

    /// The first scope's repository says who we are: it is the target of a push.
    private func credential(for endpoint: Endpoint, _ scopes: [Scope]) async throws -> Credential? {
        try await credentials.credential(for: endpoint.registry, repository: scopes.first?.repository)
    }

    private func fetchToken(_ challenge: Challenge, _ key: Key) async throws -> String {
        let service = try TokenService(challenge, of: key.endpoint, client: client)
        let grant = try await service.grant(key.scopes, to: try await credential(for: key.endpoint, key.scopes))
        // Renewed early, so that a token does not expire on its way.
        tokens[key] = Token(value: grant.token, usableUntil: time.now() + grant.lifetime * 0.8)
        return "Bearer \(grant.token.reveal())"
    }
}
