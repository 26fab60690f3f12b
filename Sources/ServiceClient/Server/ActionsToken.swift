public import Diagnostics
import FoundationEssentials
public import Registry
public import Transfer

/// The token that GitHub Actions signs for a job which may have one (`permissions: {id-token: write}`;
/// docs.github.com/actions/reference/security/oidc). It lives some minutes, and another one is had by asking again.
///
/// It is asked for when a server wants a token, and not before: a server that knows the caller otherwise gets none.
public actor ActionsToken: TokenSource {
    private let url: HTTPURL
    private let bearer: Secret
    private let client: any HTTPSender
    private let retrier: Retrier
    private var current: Secret?
    private let asking = SharedWork<HTTPURL, Secret>()

    /// The variables that a job has.
    static let variables = (url: "ACTIONS_ID_TOKEN_REQUEST_URL", bearer: "ACTIONS_ID_TOKEN_REQUEST_TOKEN")

    /// - Parameter audience: whom the token is meant for.
    /// - Returns: nil where the environment is none of such a job.
    /// - Throws: `TransferError` where the variable holds no URL.
    public init?(
        environment: [String: String], audience: String, client: any HTTPSender = HTTPClient(),
        retrier: Retrier = Retrier()
    ) throws(TransferError) {
        guard let url = environment[Self.variables.url], let bearer = environment[Self.variables.bearer], !url.isEmpty,
            !bearer.isEmpty
        else { return nil }
        self.url = try HTTPURL("\(url)\(url.contains("?") ? "&" : "?")audience=\(PercentEncoding.value(audience))")
        self.bearer = Secret(bearer)
        self.client = client
        self.retrier = retrier
    }

    /// The one that was asked for last.
    public func token() -> Secret? { current }

    /// A new one.
    /// - Throws: `ClientError` (`no_token`).
    public func token(inPlaceOf refused: Secret?) async throws -> Secret? {
        // Another call was refused, too, and has asked meanwhile.
        if let current, current != refused { return current }
        let token = try await asking.value(for: url) { [self] in try await ask() }
        current = token
        return token == refused ? nil : token
    }

    private struct Answer: Decodable { var value: String }

    private nonisolated func ask() async throws -> Secret {
        var request = HTTPRequest(
            .get, url, headers: ["Authorization": "Bearer \(bearer.reveal())", "Accept": "application/json"])
        request.redirects = 0
        let fixed = request
        let response: HTTPResponse
        do {
            response = try await retrier.run { _ in
                let response = try await client.send(fixed)
                guard response.isSuccess else {
                    throw TransferError(
                        FailureClass(status: response.status) == .passing ? .unavailable : .refused,
                        "it is answered with status \(response.status)", context: [FailureContext("url", "\(url)")])
                }
                return response
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw ClientError(
                .noToken, "GitHub Actions gives this job no token",
                hints: ["a job has one with 'permissions: {id-token: write}'; COOPERAGE_TOKEN goes before it"],
                cause: error)
        }
        // Not the decoder's words: they may quote what could not be read.
        guard let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
            throw ClientError(
                .noToken, "GitHub Actions gives this job a token in a form that is not known here",
                context: [FailureContext("url", "\(url)")])
        }
        return try ServerCredentials.token(answer.value, from: "GitHub's answer")
    }
}
