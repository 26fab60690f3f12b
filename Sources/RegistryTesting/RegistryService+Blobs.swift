import Content
import OCI
import Synchronization

/// Blobs, and the uploads by which they come.
extension RegistryService {
    func blob(_ digest: String, _ repository: String, _ request: LoopbackRequest) -> LoopbackResponse {
        guard let blob = state.contents.withLock({ $0.blobs[repository]?[digest] }) else {
            return error(404, "BLOB_UNKNOWN", "blob unknown to registry")
        }
        let fields = [("Docker-Content-Digest", digest), ("Content-Type", "application/octet-stream")]
        if request.method == "HEAD" {
            return LoopbackResponse(200, headers: fields + [("Content-Length", String(blob.size))])
        }
        guard let bytes = blob.bytes else {
            return error(501, "UNSUPPORTED", "this registry keeps no content, but digests alone")
        }
        guard let range = request.header("Range"), let start = Int(range.dropFirst(6).dropLast()) else {
            return LoopbackResponse(200, headers: fields, body: bytes)
        }
        guard start < bytes.count else { return LoopbackResponse(416) }
        let told = ("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)")
        return LoopbackResponse(206, headers: fields + [told], body: Array(bytes[start...]))
    }

    func startUpload(_ repository: String, mount: String?, from source: String?) throws -> LoopbackResponse {
        let own = origin.withLock { $0 }
        let content = try UploadContent(keepsBytes: state.keepsContent)
        return state.contents.withLock { contents in
            if let mount, let source, let blob = contents.blobs[source]?[mount] {
                contents.blobs[repository, default: [:]][mount] = blob
                return LoopbackResponse(201, headers: [("Location", "\(own)/v2/\(repository)/blobs/\(mount)")])
            }
            let id = contents.nextName("upload")
            let upload = RegistryState.Upload(repository: repository, content: content)
            contents.uploads[id] = upload
            return LoopbackResponse(202, headers: Self.fields(of: upload, id, own))
        }
    }

    /// The location changes with each answer, and with what is there.
    private static func fields(of upload: RegistryState.Upload, _ id: String, _ own: String) -> [(String, String)] {
        let location = "\(own)/v2/\(upload.repository)/blobs/uploads/\(id)?_state=secret-\(upload.content.count)"
        return [("Location", location), ("Range", upload.range)]
    }

    func uploadStatus(_ id: String, _ repository: String) -> LoopbackResponse {
        let own = origin.withLock { $0 }
        guard let upload = state.contents.withLock({ $0.uploads[id] }), upload.repository == repository else {
            return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        }
        return LoopbackResponse(204, headers: Self.fields(of: upload, id, own))
    }

    /// Takes a chunk, which begins where the one before ended (distribution specification, "Pushing a blob in chunks").
    func appendChunk(
        _ id: String, _ repository: String, _ request: LoopbackRequest, _ effect: Fault.Effect?
    ) async throws -> LoopbackResponse {
        let own = origin.withLock { $0 }
        guard let upload = upload(id, repository) else {
            try await request.forEachPiece { _ in }
            return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        }
        if let range = request.header("Content-Range"), range.prefix(while: { $0 != "-" }) != "\(upload.content.count)"
        {
            try await request.forEachPiece { _ in }
            return LoopbackResponse(416, headers: Self.fields(of: upload, id, own))
        }
        try await take(request, into: upload, effect)
        if case .breakOff? = effect { return .hangUp }
        return LoopbackResponse(202, headers: Self.fields(of: upload, id, own))
    }

    private func upload(_ id: String, _ repository: String) -> RegistryState.Upload? {
        guard let upload = state.contents.withLock({ $0.uploads[id] }), upload.repository == repository else {
            return nil
        }
        return upload
    }

    private func take(
        _ request: LoopbackRequest, into upload: RegistryState.Upload, _ effect: Fault.Effect?
    ) async throws {
        var (limit, pause) = (Int.max, Duration.zero)
        switch effect {
        case .breakOff(let count)?, .shortRange(let count)?: limit = count
        case .slow(let duration)?: pause = duration
        default: break
        }
        try await request.forEachPiece(limit: limit, slowly: pause) { upload.content.append($0) }
    }

    func endUpload(
        _ id: String, _ repository: String, _ request: LoopbackRequest, _ effect: Fault.Effect?
    ) async throws -> LoopbackResponse {
        guard let upload = upload(id, repository) else {
            try await request.forEachPiece { _ in }
            return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        }
        try await take(request, into: upload, effect)
        // Another request may have ended it, or made it be forgotten, meanwhile.
        guard state.contents.withLock({ $0.uploads.removeValue(forKey: id) }) != nil else {
            return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        }
        let (found, blob) = upload.content.finish()
        let digest = found.description
        guard digest == request.query("digest") else {
            return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        }
        state.contents.withLock { $0.blobs[repository, default: [:]][digest] = blob }
        return LoopbackResponse(
            201, headers: [("Location", "/v2/\(repository)/blobs/\(digest)"), ("Docker-Content-Digest", digest)])
    }
}
