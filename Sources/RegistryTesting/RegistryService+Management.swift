import Foundation
import OCI
import Synchronization

/// Listing tags and taking content out.
extension RegistryService {
    func tags(_ repository: String, _ request: LoopbackRequest) -> LoopbackResponse {
        struct Answer: Encodable {
            let name: String
            let tags: [String]
        }
        guard let documents = state.contents.withLock({ $0.documents[repository] }) else {
            return error(404, "NAME_UNKNOWN", "repository name not known to registry")
        }
        let all = documents.keys.filter { !$0.contains(":") }.sorted()
        let rest = all.filter { $0 > request.query("last") ?? "" }
        let page = Array(rest.prefix(request.query("n").flatMap { Int($0) } ?? .max))
        var fields = [("Content-Type", "application/json")]
        if page.count < rest.count, let last = page.last {
            let path = "/v2/\(repository)/tags/list?n=\(page.count)&last=\(last)"
            fields.append(("Link", "<\(path)>; rel=\"next\""))
        }
        guard let body = try? CanonicalJSON.encode(Answer(name: repository, tags: page)) else {
            return LoopbackResponse(500)
        }
        return LoopbackResponse(200, headers: fields, body: Array(body))
    }

    /// Takes out a blob, a manifest with its tags, or a tag alone.
    func delete(_ name: String, _ repository: String, isBlob: Bool) -> LoopbackResponse {
        let isDone = state.contents.withLock { contents in
            if isBlob { return contents.blobs[repository]?.removeValue(forKey: name) != nil }
            guard contents.documents[repository]?[name] != nil else { return false }
            if name.contains(":") {
                contents.documents[repository]?.keys.filter {
                    contents.documents[repository]?[$0]?.digest == name
                }
                .forEach { contents.documents[repository]?[$0] = nil }
            } else {
                contents.documents[repository]?[name] = nil
            }
            return true
        }
        return isDone
            ? LoopbackResponse(202)
            : error(404, isBlob ? "BLOB_UNKNOWN" : "MANIFEST_UNKNOWN", "not known to registry")
    }
}
