import Diagnostics
import FoundationEssentials
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

    private struct TokenAnswer: Decodable {
        var token: String?
        var access_token: String?
        var expires_in: Double?
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

    /// The first scope's repository says who we are: it is the target of a push.
    private func basic(for endpoint: Endpoint, _ scopes: [Scope]) async throws -> String? {
        let credential = try await credentials.credential(
            for: endpoint.registry, repository: scopes.first?.repository)
        return credential.map { HTTPRequest.basicAuthorization(user: $0.user, password: $0.password.reveal()) }
    }

    private func fetchToken(_ challenge: Challenge, _ key: Key) async throws -> String {
        let realm = try Self.realm(of: challenge, at: key.endpoint)
        var query: [(String, String)] = challenge.parameters["service"].map { [("service", $0)] } ?? []
        // The target of a push stands first: some services read only the first (moby#21059).
        query += key.scopes.map { ("scope", $0.description) }
        var request = HTTPRequest(.get, try HTTPURL(appending(query, to: realm.text)))
        request.headers["Authorization"] = try await basic(for: key.endpoint, key.scopes)
        // A realm that redirects, or answers without end, has cost others their credentials (ggcr#2193, jib#4523).
        request.redirects = 0
        request.responseLimit = 1 << 20
        let response = try await client.send(request)
        guard response.isSuccess else {
            throw Attempted(
                RegistryError(response, to: request, of: key.endpoint.registry), retryAfter: response.retryAfter)
        }
        guard let answer = try? JSONDecoder().decode(TokenAnswer.self, from: Data(response.body)),
            let text = answer.token ?? answer.access_token, !text.isEmpty
        else {
            throw RegistryError(
                .invalidAnswer, "the token service of \(key.endpoint.registry) answers without a token",
                context: [FailureContext("request", "GET \(request.url)")])
        }
        // Renewed early, so that a token does not expire on its way. 60 seconds is the specification's default.
        let lifetime = Duration.seconds(min(max(answer.expires_in ?? 60, 0), 86_400)) * 0.8
        tokens[key] = Token(value: Secret(text), usableUntil: time.now() + lifetime)
        return "Bearer \(text)"
    }

    /// Where tokens come from, if it is safe to show our credentials there: by https, or on this machine where the
    /// registry is too. A registry without TLS, whose answers anybody can change, cannot send us to another host.
    static func realm(of challenge: Challenge, at endpoint: Endpoint) throws -> HTTPURL {
        let realm = try HTTPURL(challenge.parameters["realm"] ?? "")
        let isSafe =
            endpoint.base.isLoopback
            ? realm.scheme == .https || realm.isLoopback
            : endpoint.base.scheme == .http
                ? realm.host == endpoint.base.host
                : realm.scheme == .https
        guard isSafe, realm.userInformation == nil else {
            throw RegistryError(
                .invalidAnswer,
                "\(endpoint.registry) sends us to '\(realm)' for a token, where credentials are not safe")
        }
        return realm
    }
}
