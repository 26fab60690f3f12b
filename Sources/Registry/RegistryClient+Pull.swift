public import Content
import Diagnostics
import FoundationEssentials
public import OCI
public import Transfer

extension RegistryClient {
    /// What a manifest may be, in the order in which we would like it.
    private static let manifestTypes: [MediaType] = [.index, .manifest, .dockerManifestList, .dockerManifest]

    /// The descriptor of the manifest or index that a name stands for. It usually costs one HEAD.
    /// - Throws: `RegistryError`, `TransferError`.
    public func resolve(_ reference: Reference) async throws -> Descriptor {
        try await pulling(reference) { reference, endpoint in
            if let descriptor = try await head(reference, at: endpoint, scopes: [.pull(reference)]) {
                return descriptor
            }
            // Without a body a refusal has no words, and some registries leave the digest out of the head.
            return try await manifest(reference, at: endpoint).descriptor
        }
    }

    /// The manifest or index that a name stands for, checked against its digest.
    /// - Parameter asksMirrors: whether mirrors are asked first. What is changed is read where it is changed.
    /// - Throws: `RegistryError`, `TransferError`.
    public func manifest(_ reference: Reference, asksMirrors: Bool = true) async throws -> ManifestContent {
        guard asksMirrors else { return try await manifest(reference, at: endpoint(reference)) }
        return try await pulling(reference) { try await manifest($0, at: $1) }
    }

    private func manifest(_ reference: Reference, at endpoint: Endpoint) async throws -> ManifestContent {
        try requireSHA256(reference.digest, endpoint)
        let request = try manifestRequest(.get, reference, endpoint)
        let response = try await perform(at: endpoint) { _ in
            try await sender(endpoint, [.pull(reference)]).send(request)
        }
        let content = try ManifestContent(response.body, mediaType: Self.mediaType(of: response))
        let digest = content.descriptor.digest
        for expected in [reference.digest?.description, response.headers["Docker-Content-Digest"]].compactMap(\.self)
        where expected != digest.description && expected.hasPrefix("sha256:") {
            throw RegistryError(
                .contentMismatch, "the manifest of \(reference) has digest \(digest), not \(expected)",
                hints: ["something between the registry and us changes what it delivers"])
        }
        return content
    }

    /// A blob of a repository, fetched into a store unless it is there.
    /// - Parameter progress: hears the bytes that are there so far.
    /// - Throws: `RegistryError`, `TransferError`.
    public func pull(
        _ descriptor: Descriptor, from repository: Reference, into store: any BlobStore,
        progress: @escaping TransferProgress = { _ in }
    ) async throws -> Blob {
        if let present = try store.blob(descriptor.digest) { return present }
        return try await pulling(repository) { repository, endpoint in
            try requireSHA256(descriptor.digest, endpoint)
            let url = try endpoint.url(repository, "blobs/\(descriptor.digest)")
            // The rest of a file that is not there any more is the downloader's to deal with.
            let sender = sender(endpoint, [.pull(repository)], accepting: [416])
            let downloader = Downloader(sender, retrier: retrier(at: endpoint))
            return try await limit(at: endpoint).run {
                try await downloader.download(
                    Download(url: url.text, digest: descriptor.digest, size: descriptor.size), into: store,
                    progress: progress)
            }
        }
    }

    /// Whether a repository has a blob.
    public func hasBlob(_ digest: Digest, in repository: Reference) async throws -> Bool {
        let endpoint = try await endpoint(repository)
        return try await perform(at: endpoint) { _ in
            try await hasBlob(digest, repository, endpoint, scopes: [.pull(repository)])
        }
    }

    func hasBlob(_ digest: Digest, _ repository: Reference, _ endpoint: Endpoint, scopes: [Scope]) async throws -> Bool
    {
        let request = HTTPRequest(.head, try endpoint.url(repository, "blobs/\(digest)"))
        return try await sender(endpoint, scopes, accepting: [404]).send(request).isSuccess
    }

    /// The descriptor of a manifest as a HEAD tells it; nil where it is not there or not told.
    func head(_ reference: Reference, at endpoint: Endpoint, scopes: [Scope]) async throws -> Descriptor? {
        let request = try manifestRequest(.head, reference, endpoint)
        let accepted = Set(400..<600).subtracting([408, 429, 500, 502, 503, 504])
        let response = try await perform(at: endpoint) { _ in
            try await sender(endpoint, scopes, accepting: accepted).send(request)
        }
        guard response.isSuccess, let digest = try? Digest(response.headers["Docker-Content-Digest"] ?? ""),
            let size = response.headers["Content-Length"].flatMap({ Int64($0) }), size > 0,
            response.headers["Content-Type"] != nil, reference.digest == nil || reference.digest == digest
        else { return nil }
        return Descriptor(mediaType: Self.mediaType(of: response), digest: digest, size: size)
    }

    private func manifestRequest(_ method: HTTPRequest.Method, _ reference: Reference, _ endpoint: Endpoint) throws
        -> HTTPRequest
    {
        var request = HTTPRequest(method, try endpoint.url(reference, "manifests/\(reference.identifier)"))
        request.headers["Accept"] = Self.manifestTypes.map(\.rawValue).joined(separator: ", ")
        return request
    }

    /// The type that an answer tells, or that the document itself tells where a registry serves plain JSON.
    private static func mediaType(of response: HTTPResponse) -> MediaType {
        struct Typed: Decodable { var mediaType: MediaType? }
        let told = (response.headers["Content-Type"] ?? "").prefix { $0 != ";" && $0 != " " }
        let type = MediaType(rawValue: told.lowercased())
        guard !manifestTypes.contains(type) else { return type }
        return (try? JSONDecoder().decode(Typed.self, from: Data(response.body)))?.mediaType ?? type
    }

    func requireSHA256(_ digest: Digest?, _ endpoint: Endpoint) throws {
        guard let digest, digest.algorithm != .sha256 else { return }
        throw RegistryError(
            .refused, "'\(digest)' cannot be checked: only sha256 digests can",
            context: [FailureContext("registry", endpoint.registry)])
    }
}
