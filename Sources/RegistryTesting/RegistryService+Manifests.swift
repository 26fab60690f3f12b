import Content
import Foundation
import OCI
import Synchronization

/// Manifests, indexes and what refers to them.
extension RegistryService {
    func manifest(_ name: String, _ repository: String, _ request: LoopbackRequest) -> LoopbackResponse {
        guard let document = state.contents.withLock({ $0.documents[repository]?[name] }) else {
            return error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        }
        let fields = [("Content-Type", document.mediaType), ("Docker-Content-Digest", document.digest)]
        guard request.method == "HEAD" else { return LoopbackResponse(200, headers: fields, body: document.bytes) }
        return LoopbackResponse(200, headers: fields + [("Content-Length", String(document.bytes.count))])
    }

    func putManifest(_ name: String, _ repository: String, _ request: LoopbackRequest) async throws
        -> LoopbackResponse
    {
        let bytes = try await request.body()
        guard let content = try? JSONDecoder().decode(DocumentContent.self, from: Data(bytes)) else {
            return error(400, "MANIFEST_INVALID", "manifest invalid")
        }
        let digest = try Digester.digest(of: bytes).description
        guard !name.contains(":") || name == digest else {
            return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        }
        let document = RegistryState.Document(
            mediaType: request.header("Content-Type") ?? "", digest: digest, bytes: bytes)
        let isWhole = state.contents.withLock { contents in
            guard content.blobs.allSatisfy({ contents.blobs[repository]?[$0] != nil }),
                content.documents.allSatisfy({ contents.documents[repository]?[$0] != nil })
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
    func referrers(_ subject: String, _ repository: String, _ request: LoopbackRequest) -> LoopbackResponse {
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
            guard let content = try? JSONDecoder().decode(DocumentContent.self, from: Data(document.bytes)),
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
}
