import Diagnostics
import FoundationEssentials
import OCI
import Transfer

/// Where a registry sends us for tokens, and how it is asked: with the password by GET (distribution, "Token Authentication
/// Specification"), with an identity token by POST (the same, "Oauth2 Token Authentication").
struct TokenService: Sendable {
    /// A token and how long it lasts.
    struct Grant: Sendable {
        let token: Secret
        let lifetime: Duration
    }

    private struct Answer: Decodable {
        var token: String?
        var access_token: String?
        var expires_in: Double?
    }

    private let client: HTTPClient
    private let realm: HTTPURL
    private let service: String?
    private let endpoint: Endpoint
    private var registry: String { endpoint.registry }

    /// - Throws: `RegistryError` for a realm to which no credentials should be shown.
    init(_ challenge: Challenge, of endpoint: Endpoint, client: HTTPClient) throws {
        self.client = client
        realm = try Self.realm(of: challenge, at: endpoint)
        service = challenge.parameters["service"]
        self.endpoint = endpoint
    }

    /// A token for scopes.
    /// - Parameter credential: who we are; nil asks for what everybody gets.
    func grant(_ scopes: [Scope], to credential: Credential?) async throws -> Grant {
        guard let credential, credential.mayBeIdentityToken else {
            return try await grant(byPassword: scopes, credential)
        }
        let request = try identityRequest(scopes, credential.password)
        let response = try await client.send(request)
        // Not every service of Azure's kind takes the POST, and its refresh token is good as a password, too.
        if [400, 401, 404, 405].contains(response.status), !credential.isIdentityToken {
            return try await grant(byPassword: scopes, credential)
        }
        return try read(response, to: request)
    }

    private func grant(byPassword scopes: [Scope], _ credential: Credential?) async throws -> Grant {
        var query: [(String, String)] = service.map { [("service", $0)] } ?? []
        // The target of a push stands first: some services read only the first (moby#21059).
        query += scopes.map { ("scope", $0.description) }
        var request = HTTPRequest(.get, try HTTPURL(appending(query, to: realm.text)))
        request.headers["Authorization"] = credential.map {
            HTTPRequest.basicAuthorization(user: $0.user, password: $0.password.reveal())
        }
        Self.guardAnswer(&request)
        return try read(try await client.send(request), to: request)
    }

    private func identityRequest(_ scopes: [Scope], _ token: Secret) throws -> HTTPRequest {
        var form = [("grant_type", "refresh_token"), ("client_id", "cooperage"), ("refresh_token", token.reveal())]
        if let service { form.append(("service", service)) }
        form.append(("scope", scopes.map(\.description).joined(separator: " ")))
        let text = form.map { "\($0)=\(PercentEncoding.value($1))" }.joined(separator: "&")
        var request = HTTPRequest(.post, realm, body: .bytes(Array(text.utf8)))
        request.headers["Content-Type"] = "application/x-www-form-urlencoded"
        Self.guardAnswer(&request)
        return request
    }

    /// A realm that redirects, or answers without end, has cost others their credentials (ggcr#2193, jib#4523).
    private static func guardAnswer(_ request: inout HTTPRequest) {
        request.redirects = 0
        request.responseLimit = 1 << 20
    }

    private func read(_ response: HTTPResponse, to request: HTTPRequest) throws -> Grant {
        guard response.isSuccess else {
            throw Attempted(
                RegistryError(response, to: request, of: registry, profile: endpoint.profile),
                retryAfter: response.retryAfter)
        }
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)),
            let text = answer.token ?? answer.access_token, !text.isEmpty
        else {
            throw RegistryError(
                .invalidAnswer, "the token service of \(registry) answers without a token",
                context: [FailureContext("request", "\(request.method.rawValue) \(request.url)")])
        }
        // 60 seconds is the specification's default.
        return Grant(token: Secret(text), lifetime: .seconds(min(max(answer.expires_in ?? 60, 0), 86_400)))
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
