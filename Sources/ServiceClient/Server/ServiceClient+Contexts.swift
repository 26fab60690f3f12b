import Content
import Diagnostics
import OCI
import Service
import Transfer

extension ServiceClient {
    /// Which of some digests the project has not uploaded.
    func missing(_ digests: [Digest]) async throws -> [Digest] {
        guard !digests.isEmpty else { return [] }
        var call = try Call(.post, "/contexts/missing").sending(["digests": digests])
        call.limit = 128 << 20
        guard let missing = try await value([String: [Digest]].self, of: call)["missing"] else {
            throw invalid("what is missing of a context is told without its list")
        }
        return missing
    }

    /// Uploads content from where it lies.
    func upload(_ blob: Blob, progress: @escaping TransferProgress) async throws {
        var call = Call(.put, "/contexts/blobs/\(blob.digest)")
        call.headers["Content-Type"] = "application/octet-stream"
        call.body = .blob(blob)
        _ = try await send(call, progress: progress)
    }

    /// Makes a context of content that is there.
    /// - Returns: the digest by which builds name it.
    func commit(_ manifest: ContextManifest) async throws -> Digest {
        let answer = try await value(
            [String: Digest].self, of: try Call(.post, "/contexts").sending(manifest))
        guard let digest = answer["digest"] else { throw invalid("a context is committed without its digest") }
        return digest
    }
}
