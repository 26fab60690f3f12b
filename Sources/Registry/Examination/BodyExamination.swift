import Content
import Diagnostics
import OCI
import Transfer

/// How much a registry takes in one request. Nothing of what it is sent stays: uploads are cancelled, and what ends one has
/// the digest of something else.
struct BodyExamination {
    /// What pushes go by.
    struct Outcome {
        var answer: (RegistryFinding.Verdict, String)
        var uploads: RegistryProfile.UploadStyle
        var largestBody: Int64?
    }

    /// How the bytes are sent.
    private enum Way {
        /// In the request that ends the upload.
        case whole
        /// In a chunk.
        case chunk
    }

    /// More than GHCR takes in a chunk (rust-oci-client#35), and than what stands before other registries takes.
    private static let large: Int64 = (4 << 20) + 1
    /// What is tried then: the second is nginx's usual limit (kubernetes-ingress#122).
    private static let smaller: [Int64] = [4 << 20, 1 << 20, 256 << 10]
    private static let tiny: Int64 = 16
    /// A digest that no content of ours has.
    private static let otherDigest = "sha256:" + String(repeating: "0", count: 64)

    let repository: Reference
    let endpoint: Endpoint
    /// Sends a request, whose refusal is an answer.
    let send: (HTTPRequest) async throws -> HTTPResponse
    /// Cancels an upload.
    let cancel: (HTTPURL) async throws -> Void
    let takesChunks: Bool

    func outcome() async throws -> Outcome {
        let whole = try await refusal(.whole, of: Self.large)
        let chunk = takesChunks ? try await refusal(.chunk, of: Self.large) : nil
        let words = (whole ?? chunk).map { ": answers \($0)" } ?? ""
        guard takesChunks else {
            let detail = whole == nil ? "more than 4 MiB in a request" : "not more than 4 MiB in a request\(words)"
            return Outcome(answer: (whole == nil ? .yes : .no, detail), uploads: .whole)
        }
        switch (whole, chunk) {
        case (nil, nil):
            return Outcome(answer: (.yes, "more than 4 MiB in a request"), uploads: RegistryProfile().uploads)
        case (nil, _?): return Outcome(answer: (.no, "not more than 4 MiB in a chunk\(words)"), uploads: .whole)
        case (_?, _):
            let style: RegistryProfile.UploadStyle =
                try await refusal(.whole, of: Self.tiny) == nil ? RegistryProfile().uploads : .alwaysChunked
            // A request that ends an upload and is refused whatever its size tells nothing of sizes.
            if style == .alwaysChunked, chunk == nil {
                return Outcome(answer: (.yes, "more than 4 MiB in a chunk"), uploads: style)
            }
            for size in Self.smaller {
                let isTaken = try await refusal(style == .alwaysChunked ? .chunk : .whole, of: size) == nil
                guard isTaken else { continue }
                return Outcome(
                    answer: (.no, "not more than \(size >> 10) KiB in a request\(words)"), uploads: style,
                    largestBody: size)
            }
            return Outcome(answer: (.no, "less than 256 KiB in a request\(words)"), uploads: style)
        }
    }

    /// The status with which so many bytes are refused; nil where they are taken.
    private func refusal(_ way: Way, of size: Int64) async throws -> Int? {
        let opening = HTTPRequest(.post, try endpoint.url(repository, "blobs/uploads/"))
        var session = try UploadSession(try await send(opening), to: opening, at: endpoint)
        let bytes = [UInt8](repeating: 10, count: Int(size))
        var request: HTTPRequest
        switch way {
        case .whole:
            let url = appending([("digest", Self.otherDigest)], to: session.location.text)
            request = HTTPRequest(.put, try HTTPURL(url), body: .bytes(bytes))
        case .chunk:
            request = HTTPRequest(.patch, session.location, body: .bytes(bytes))
            request.headers["Content-Range"] = "0-\(size - 1)"
        }
        request.headers["Content-Type"] = "application/octet-stream"
        let response = try await send(request)
        if way == .chunk, response.status == 202 { try session.follow(response, to: request, at: endpoint) }
        try await cancel(session.location)
        switch way {
        // 400 is what the digest deserves, once the bytes have been read.
        case .whole: return response.isSuccess || response.status == 400 ? nil : response.status
        case .chunk: return response.status == 202 ? nil : response.status
        }
    }
}
