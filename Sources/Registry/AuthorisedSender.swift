import Transfer

/// Sends requests with a registry's credentials, to nobody but that registry, and turns its refusals into errors.
struct AuthorisedSender: HTTPSender {
    let client: HTTPClient
    let authenticator: Authenticator
    let endpoint: Endpoint
    let pace: HostPace
    let warnings: RegistryWarnings
    let scopes: [Scope]
    /// Error statuses that the caller deals with.
    var accepting: Set<Int> = []

    func send(
        _ request: HTTPRequest, receive: @escaping BodyReceiver, progress: @escaping TransferProgress
    ) async throws -> HTTPResponse {
        var request = request
        if request.timeouts == HTTPRequest.Timeouts() { request.timeouts.stall = endpoint.profile.stall }
        // An upload may have been sent to another host (oras-go#177): what is ours to show is not for them.
        let isHome = request.url.hasSameOrigin(as: endpoint.base)
        let first = isHome ? try await authenticator.authorization(for: scopes, at: endpoint) : nil
        request.headers["Authorization"] = first
        var response = try await attempt(request, receive, progress)
        if response.status == 401, isHome, response.url.hasSameOrigin(as: endpoint.base) {
            let renewed = try await authenticator.authorization(
                after: response, rejected: first, for: scopes, at: endpoint)
            if let renewed {
                request.headers["Authorization"] = renewed
                response = try await attempt(request, receive, progress)
            }
        }
        guard response.status < 400 || accepting.contains(response.status) else {
            throw Attempted(
                RegistryError(response, to: request, of: endpoint.registry, profile: endpoint.profile),
                retryAfter: response.retryAfter)
        }
        return response
    }

    private func attempt(
        _ request: HTTPRequest, _ receive: @escaping BodyReceiver, _ progress: @escaping TransferProgress
    ) async throws -> HTTPResponse {
        // The storage behind a registry, where an upload may have been sent, has a pace of its own.
        let isHome = request.url.hasSameOrigin(as: endpoint.base)
        if isHome { try await pace.admit() }
        let response = try await client.send(
            request, receive: { $0.status < 400 ? try receive($0) : nil }, progress: progress)
        if isHome {
            pace.heard(response)
            warnings.heard(response, of: endpoint.registry)
        }
        return response
    }
}
