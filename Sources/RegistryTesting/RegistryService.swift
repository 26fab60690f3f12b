import Content
import Foundation
import OCI
import Synchronization

/// How a `TestRegistry` answers.
final class RegistryService: Sendable {
    let state: RegistryState
    let origin = Mutex("")
    private let access: TestRegistry.Access
    let listsReferrers: Bool
    private let faults: Mutex<[Fault]>

    init(access: TestRegistry.Access, faults: [Fault], state: RegistryState, listsReferrers: Bool) {
        self.access = access
        self.listsReferrers = listsReferrers
        self.faults = Mutex(faults)
        self.state = state
    }

    func respond(_ request: LoopbackRequest) async throws -> LoopbackResponse {
        let effect = faults.withLock { faults -> Fault.Effect? in
            for index in faults.indices where faults[index].hits(request) { return faults[index].effect }
            return nil
        }
        if effect != nil { state.contents.withLock { $0.hits += 1 } }
        switch effect {
        case .answer(let response)?: return response
        case .hangUp(let count)?:
            try await request.forEachPiece(limit: count) { _ in }
            return .hangUp
        case .stall(let count)?:
            try await request.forEachPiece(limit: count) { _ in }
            // Until the server is stopped.
            try await Task.sleep(for: .seconds(3600))
            return .hangUp
        case .refuseBodies(let limit, let status)?:
            guard request.header("Content-Length").flatMap({ Int($0) }) ?? 0 <= limit else {
                // Read all the same: who hangs up on a sender is not always heard.
                try await request.forEachPiece { _ in }
                return error(status, "SIZE_INVALID", "the body is too long")
            }
        case .loseSession?: state.contents.withLock { $0.uploads = [:] }
        case .expireToken?:
            let token = request.header("Authorization").map { String($0.dropFirst("Bearer ".count)) } ?? ""
            state.contents.withLock { $0.tokens[token] = nil }
        case .redirect(let other)?:
            return LoopbackResponse(307, headers: [("Location", other + request.target)])
        case .otherOrigin(let other)? where request.method == "GET":
            return LoopbackResponse(307, headers: [("Location", other + request.path)])
        default: break
        }
        let response = try await serve(request, effect)
        return alter(response, effect)
    }

    private func alter(_ response: LoopbackResponse, _ effect: Fault.Effect?) -> LoopbackResponse {
        var response = response
        let own = origin.withLock { $0 }
        func editLocation(_ edit: (String) -> String) {
            response.headers = response.headers.map { $0.0 == "Location" ? ($0.0, edit($0.1)) : $0 }
        }
        switch effect {
        case .cut(let count)?: response.cutAfter = count
        case .stallAnswer(let count)?: response.stallsAfter = count
        case .slow(let pause)?: response.slowly = pause
        case .field(let name, let value)?:
            response.headers.removeAll { $0.0 == name }
            if let value { response.headers.append((name, value)) }
        case .relativeLocation?: editLocation { String($0.dropFirst(own.count)) }
        case .otherOrigin(let other)?: editLocation { other + $0.dropFirst(own.count) }
        case .dropPort?: editLocation { "http://127.0.0.1" + $0.dropFirst(own.count) }
        default: break
        }
        return response
    }

    private func serve(_ request: LoopbackRequest, _ effect: Fault.Effect?) async throws -> LoopbackResponse {
        if request.path == "/token" { return try await token(request) }
        let parts = request.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts[1] == "v2" else { return LoopbackResponse(404, text: "404 page not found") }
        guard let kind = parts.lastIndex(where: { ["blobs", "manifests", "referrers", "tags"].contains($0) }), kind > 2
        else {
            return refusal(to: request, []) ?? LoopbackResponse(200, text: "{}")
        }
        let repository = parts[2..<kind].joined(separator: "/")
        let rest = Array(parts[(kind + 1)...])
        let reads = ["GET", "HEAD"].contains(request.method)
        let action = reads ? "pull" : request.method == "DELETE" ? "delete" : "push"
        var needed = ["repository:\(repository):\(action)"]
        let source = request.query("from")
        if let source { needed.append("repository:\(source):pull") }
        if let refusal = refusal(to: request, needed) { return refusal }
        switch (request.method, parts[kind], rest.first) {
        case ("GET", "manifests", let name?), ("HEAD", "manifests", let name?):
            return manifest(name, repository, request)
        case ("PUT", "manifests", let name?):
            if case .immutableTags? = effect, !name.contains(":"),
                state.contents.withLock({ $0.documents[repository]?[name] != nil })
            {
                let words = "already exists in the '\(repository)' repository and cannot be overwritten"
                return error(400, "TAG_INVALID", "The image tag '\(name)' \(words) because the tag is immutable.")
            }
            return try await putManifest(name, repository, request)
        case ("POST", "blobs", "uploads"?):
            var mount = request.query("mount")
            if case .ignoreMount? = effect { mount = nil }
            return try startUpload(repository, mount: mount, from: source)
        case ("GET", "blobs", "uploads"?): return uploadStatus(rest.last ?? "", repository)
        case ("PATCH", "blobs", "uploads"?):
            return try await appendChunk(rest.last ?? "", repository, request, effect)
        case ("PUT", "blobs", "uploads"?):
            return try await endUpload(rest.last ?? "", repository, request, effect)
        case ("GET", "blobs", let digest?), ("HEAD", "blobs", let digest?): return blob(digest, repository, request)
        case ("DELETE", "blobs", let digest?), ("DELETE", "manifests", let digest?):
            return delete(digest, repository, isBlob: parts[kind] == "blobs")
        case ("GET", "tags", "list"?): return tags(repository, request)
        case ("GET", "referrers", let digest?) where listsReferrers: return referrers(digest, repository, request)
        case (_, "referrers", _): return LoopbackResponse(404, text: "404 page not found")
        default: return error(405, "UNSUPPORTED", "the operation is unsupported")
        }
    }

    // MARK: Access

    private func refusal(to request: LoopbackRequest, _ needed: [String]) -> LoopbackResponse? {
        let told = request.header("Authorization") ?? ""
        let isAllowed: Bool
        let challenge: String
        switch access {
        case .open: return nil
        case .basic(let user, let password):
            isAllowed = told == Self.basic(user, password)
            challenge = "Basic realm=\"test\""
        case .bearer:
            let scopes = state.contents.withLock { $0.tokens[String(told.dropFirst("Bearer ".count))] }
            isAllowed = scopes.map { scopes in needed.allSatisfy { scopes.contains($0) } } ?? false
            challenge =
                "Bearer realm=\"\(origin.withLock { $0 })/token\",service=\"test\",scope=\"\(needed.joined(separator: " "))\""
        }
        guard !isAllowed else { return nil }
        var response = error(401, "UNAUTHORIZED", "authentication required")
        response.headers.append(("WWW-Authenticate", challenge))
        return response
    }

    private func token(_ request: LoopbackRequest) async throws -> LoopbackResponse {
        guard case .bearer(let user, let password, let lifetime, let identityToken) = access else {
            return LoopbackResponse(404)
        }
        var asked = request.query.filter { $0.name == "scope" }.map(\.value)
        if request.method == "POST" {
            let form = String(decoding: try await request.body(), as: UTF8.self)
            var fields: [String: String] = [:]
            for item in URLComponents(string: "?\(form)")?.queryItems ?? [] { fields[item.name] = item.value }
            guard let identityToken, fields["grant_type"] == "refresh_token", fields["client_id"] != nil,
                fields["refresh_token"] == identityToken, fields["service"] == "test"
            else { return error(401, "UNAUTHORIZED", "unknown refresh token") }
            asked = (fields["scope"] ?? "").split(separator: " ").map(String.init)
        } else if let user, request.header("Authorization") != Self.basic(user, password ?? "") {
            return error(401, "UNAUTHORIZED", "incorrect username or password")
        }
        // `repository:a:pull,push` grants two things.
        let scopes = asked.flatMap { scope -> [String] in
            let parts = scope.split(separator: ":").map(String.init)
            guard parts.count == 3 else { return [] }
            return parts[2].split(separator: ",").map { "\(parts[0]):\(parts[1]):\($0)" }
        }
        let token = state.contents.withLock { contents in
            let name = contents.nextName("token")
            contents.tokens[name] = scopes
            return name
        }
        let field = request.method == "POST" ? "access_token" : "token"
        return LoopbackResponse(200, text: "{\"\(field)\":\"\(token)\",\"expires_in\":\(lifetime)}")
    }

    private static func basic(_ user: String, _ password: String) -> String {
        "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
    }

    func error(_ status: Int, _ code: String, _ message: String) -> LoopbackResponse {
        LoopbackResponse(
            status, headers: [("Content-Type", "application/json")],
            text: "{\"errors\":[{\"code\":\"\(code)\",\"message\":\"\(message)\",\"detail\":null}]}")
    }
}
