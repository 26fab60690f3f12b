import Content
import Foundation
import OCI
import Synchronization

/// How a `TestRegistry` answers.
final class RegistryService: Sendable {
    let state: RegistryState
    let origin = Mutex("")
    private let access: TestRegistry.Access
    private let listsReferrers: Bool
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
        switch effect {
        case .answer(let response)?: return response
        case .hangUp(let count)?:
            _ = try await request.body(limit: count)
            return .hangUp
        case .refuseBodies(let limit, let status)?:
            guard request.header("Content-Length").flatMap({ Int($0) }) ?? 0 <= limit else {
                // Read all the same: who hangs up on a sender is not always heard.
                _ = try await request.body()
                return error(status, "SIZE_INVALID", "the body is too long")
            }
        case .loseSession?: state.contents.withLock { $0.uploads = [:] }
        case .expireToken?:
            let token = request.header("Authorization").map { String($0.dropFirst("Bearer ".count)) } ?? ""
            state.contents.withLock { $0.tokens[token] = nil }
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
        case .field(let name, let value)?:
            response.headers.removeAll { $0.0 == name }
            if let value { response.headers.append((name, value)) }
        case .relativeLocation?: editLocation { String($0.dropFirst(own.count)) }
        case .otherOrigin(let other)?: editLocation { other + $0.dropFirst(own.count) }
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
        case ("PUT", "manifests", let name?): return try await putManifest(name, repository, request)
        case ("POST", "blobs", "uploads"?):
            var mount = request.query("mount")
            if case .ignoreMount? = effect { mount = nil }
            return startUpload(repository, mount: mount, from: source)
        case ("GET", "blobs", "uploads"?): return uploadStatus(rest.last ?? "", repository)
        case ("PATCH", "blobs", "uploads"?):
            return try await appendChunk(rest.last ?? "", repository, request, effect)
        case ("PUT", "blobs", "uploads"?): return try await endUpload(rest.last ?? "", repository, request)
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

    // MARK: Blobs

    private func blob(_ digest: String, _ repository: String, _ request: LoopbackRequest) -> LoopbackResponse {
        guard let bytes = state.contents.withLock({ $0.blobs[repository]?[digest] }) else {
            return error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        }
        let fields = [("Docker-Content-Digest", digest), ("Content-Type", "application/octet-stream")]
        if request.method == "HEAD" {
            return LoopbackResponse(200, headers: fields + [("Content-Length", String(bytes.count))])
        }
        guard let range = request.header("Range"), let start = Int(range.dropFirst(6).dropLast()) else {
            return LoopbackResponse(200, headers: fields, body: bytes)
        }
        guard start < bytes.count else { return LoopbackResponse(416) }
        let told = ("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")
        return LoopbackResponse(206, headers: fields + [told], body: Array(bytes[start...]))
    }

    private func startUpload(_ repository: String, mount: String?, from source: String?) -> LoopbackResponse {
        let own = origin.withLock { $0 }
        return state.contents.withLock { contents in
            if let mount, let source, let bytes = contents.blobs[source]?[mount] {
                contents.blobs[repository, default: [:]][mount] = bytes
                return LoopbackResponse(201, headers: [("Location", "\(own)/v2/\(repository)/blobs/\(mount)")])
            }
            let id = contents.nextName("upload")
            let upload = RegistryState.Upload(repository: repository)
            contents.uploads[id] = upload
            return LoopbackResponse(202, headers: Self.fields(of: upload, id, own))
        }
    }

    /// The location changes with each answer, and with what is there.
    private static func fields(of upload: RegistryState.Upload, _ id: String, _ own: String) -> [(String, String)] {
        let location = "\(own)/v2/\(upload.repository)/blobs/uploads/\(id)?_state=secret-\(upload.bytes.count)"
        return [("Location", location), ("Range", upload.range)]
    }

    private func uploadStatus(_ id: String, _ repository: String) -> LoopbackResponse {
        let own = origin.withLock { $0 }
        guard let upload = state.contents.withLock({ $0.uploads[id] }), upload.repository == repository else {
            return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        }
        return LoopbackResponse(204, headers: Self.fields(of: upload, id, own))
    }

    /// Takes a chunk, which begins where the one before ended (distribution specification, "Pushing a blob in chunks").
    private func appendChunk(
        _ id: String, _ repository: String, _ request: LoopbackRequest, _ effect: Fault.Effect?
    ) async throws -> LoopbackResponse {
        var limit = Int.max
        if case .breakOff(let count)? = effect { limit = count }
        if case .shortRange(let count)? = effect { limit = count }
        let bytes = try await request.body(limit: limit).prefix(limit)
        let own = origin.withLock { $0 }
        return state.contents.withLock { contents in
            guard var upload = contents.uploads[id], upload.repository == repository else {
                return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
            }
            if let range = request.header("Content-Range") {
                let start = range.prefix { $0 != "-" }
                guard start == "\(upload.bytes.count)" else {
                    return LoopbackResponse(416, headers: Self.fields(of: upload, id, own))
                }
            }
            upload.bytes += bytes
            contents.uploads[id] = upload
            if case .breakOff? = effect { return .hangUp }
            return LoopbackResponse(202, headers: Self.fields(of: upload, id, own))
        }
    }

    private func endUpload(_ id: String, _ repository: String, _ request: LoopbackRequest) async throws
        -> LoopbackResponse
    {
        let last = try await request.body()
        guard let upload = state.contents.withLock({ $0.uploads.removeValue(forKey: id) }),
            upload.repository == repository
        else { return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry") }
        let bytes = upload.bytes + last
        let digest = try Digester.digest(of: bytes).description
        guard digest == request.query("digest") else {
            return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        }
        state.contents.withLock { $0.blobs[repository, default: [:]][digest] = bytes }
        return LoopbackResponse(
            201, headers: [("Location", "/v2/\(repository)/blobs/\(digest)"), ("Docker-Content-Digest", digest)])
    }

    // MARK: Manifests

    private func manifest(_ name: String, _ repository: String, _ request: LoopbackRequest) -> LoopbackResponse {
        guard let document = state.contents.withLock({ $0.documents[repository]?[name] }) else {
            return error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        }
        let fields = [("Content-Type", document.mediaType), ("Docker-Content-Digest", document.digest)]
        guard request.method == "HEAD" else { return LoopbackResponse(200, headers: fields, body: document.bytes) }
        return LoopbackResponse(200, headers: fields + [("Content-Length", String(document.bytes.count))])
    }

    private func putManifest(_ name: String, _ repository: String, _ request: LoopbackRequest) async throws
        -> LoopbackResponse
    {
        struct Content: Decodable {
            struct Entry: Decodable { var digest: String }
            var config: Entry?
            var layers: [Entry]?
            var manifests: [Entry]?
            var subject: Entry?
        }
        let bytes = try await request.body()
        guard let content = try? JSONDecoder().decode(Content.self, from: Data(bytes)) else {
            return error(400, "MANIFEST_INVALID", "manifest invalid")
        }
        let digest = try Digester.digest(of: bytes).description
        guard !name.contains(":") || name == digest else {
            return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        }
        let document = RegistryState.Document(
            mediaType: request.header("Content-Type") ?? "", digest: digest, bytes: bytes)
        let isWhole = state.contents.withLock { contents in
            let blobs = (content.layers ?? []).map(\.digest) + (content.config.map { [$0.digest] } ?? [])
            guard blobs.allSatisfy({ contents.blobs[repository]?[$0] != nil }),
                (content.manifests ?? []).allSatisfy({ contents.documents[repository]?[$0.digest] != nil })
            else { return false }
            for key in [name, digest] { contents.documents[repository, default: [:]][key] = document }
            return true
        }
        guard isWhole else { return error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry") }
        var fields = [
            ("Location", "/v2/\(repository)/manifests/\(digest)"), ("Docker-Content-Digest", digest),
        ]
        if listsReferrers, let subject = content.subject { fields.append(("OCI-Subject", subject.digest)) }
        return LoopbackResponse(201, headers: fields)
    }

    /// What refers to a manifest (distribution specification 1.1, "Listing Referrers").
    private func referrers(_ subject: String, _ repository: String, _ request: LoopbackRequest) -> LoopbackResponse {
        struct Content: Decodable {
            struct Entry: Decodable { var digest: String }
            var artifactType: String?
            var subject: Entry?
            var annotations: [String: String]?
        }
        struct Referrer: Encodable {
            var mediaType: String
            var digest: String
            var size: Int
            var artifactType: String?
            var annotations: [String: String]?
        }
        struct Answer: Encodable {
            let schemaVersion = 2
            let mediaType = MediaType.index.rawValue
            var manifests: [Referrer]
        }
        let documents = state.contents.withLock { Array(($0.documents[repository] ?? [:]).values) }
        var found: [String: Referrer] = [:]
        for document in documents {
            guard let content = try? JSONDecoder().decode(Content.self, from: Data(document.bytes)),
                content.subject?.digest == subject
            else { continue }
            found[document.digest] = Referrer(
                mediaType: document.mediaType, digest: document.digest, size: document.bytes.count,
                artifactType: content.artifactType, annotations: content.annotations)
        }
        var fields = [("Content-Type", MediaType.index.rawValue)]
        if let type = request.query("artifactType") {
            fields.append(("OCI-Filters-Applied", "artifactType"))
            found = found.filter { $0.value.artifactType == type }
        }
        let answer = Answer(manifests: found.values.sorted { $0.digest < $1.digest })
        guard let bytes = try? CanonicalJSON.encode(answer) else { return LoopbackResponse(500) }
        return LoopbackResponse(200, headers: fields, body: Array(bytes))
    }

    func error(_ status: Int, _ code: String, _ message: String) -> LoopbackResponse {
        LoopbackResponse(
            status, headers: [("Content-Type", "application/json")],
            text: "{\"errors\":[{\"code\":\"\(code)\",\"message\":\"\(message)\",\"detail\":null}]}")
    }
}
