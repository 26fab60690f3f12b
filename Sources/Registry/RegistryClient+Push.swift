public import Content
import Diagnostics
public import OCI
public import Transfer

/// How a blob came to be in a repository.
public enum BlobOutcome: String, Sendable, Hashable {
    /// It was there.
    case present
    /// The registry took it from another of its repositories.
    case mounted
    /// It was uploaded.
    case pushed
}

extension RegistryClient {
    /// Makes a repository have a blob, in the cheapest way that works: it is there, it can be mounted, it is uploaded.
    /// - Parameters:
    ///   - descriptor: the blob.
    ///   - repository: where it is to be.
    ///   - sources: repositories that are known to have it. Those of other registries are left out.
    ///   - progress: hears the bytes that were uploaded so far.
    ///   - content: gives the blob, if it has to be uploaded.
    /// - Throws: `RegistryError`, `TransferError`, or what `content` throws.
    public func push(
        _ descriptor: Descriptor, to repository: Reference, mountingFrom sources: [Reference] = [],
        progress: @escaping TransferProgress = { _ in }, content: @Sendable () async throws -> Blob
    ) async throws -> BlobOutcome {
        let endpoint = try await endpoint(repository)
        let scopes = [Scope.push(repository)]
        let isPresent = try await perform(at: endpoint) { _ in
            try await hasBlob(descriptor.digest, repository, endpoint, scopes: scopes)
        }
        if isPresent { return .present }
        let turn = UploadTurns.Key(
            origin: endpoint.base.origin, repository: repository.repository, digest: descriptor.digest)
        return try await UploadTurns.ofProcess.run(turn) { hasWaited in
            if hasWaited {
                let arrived = try await perform(at: endpoint) { _ in
                    try await hasBlob(descriptor.digest, repository, endpoint, scopes: scopes)
                }
                if arrived { return .present }
            }
            return try await bring(
                descriptor, to: repository, at: endpoint, mountingFrom: sources, progress: progress, content: content)
        }
    }

    /// Mounts a blob that is not there, or uploads it.
    private func bring(
        _ descriptor: Descriptor, to repository: Reference, at endpoint: Endpoint, mountingFrom sources: [Reference],
        progress: @escaping TransferProgress, content: @Sendable () async throws -> Blob
    ) async throws -> BlobOutcome {
        let scopes = [Scope.push(repository)]
        var session: UploadSession?
        let sources = endpoint.profile.mounts ? sources : []
        for source in sources where source.registry == repository.registry && source.repository != repository.repository
        {
            switch try await mount(descriptor.digest, from: source, to: repository, endpoint) {
            case .mounted: return .mounted
            case .session(let opened): session = opened
            case .refused: continue
            }
            break
        }
        // Asked for without a place among the host's transfers, since it may itself be a transfer from there.
        let blob = try await content()
        var upload = try BlobUpload(
            blob, to: repository, at: endpoint, session: session, sender: sender(endpoint, scopes),
            records: UploadRecords(records, of: descriptor.digest, in: repository), progress: progress)
        return try await perform(at: endpoint) { attempt in
            // The answer to an upload that arrived may have been what got lost.
            if attempt > 1, try await hasBlob(descriptor.digest, repository, endpoint, scopes: scopes) {
                return .pushed
            }
            try await upload.attempt()
            return .pushed
        }
    }

    /// Puts a manifest or an index into a repository.
    /// - Parameters:
    ///   - content: the document. All that it refers to must be there.
    ///   - tag: the name that it gets; nil puts it under its digest alone.
    /// - Throws: `RegistryError`, `TransferError`.
    public func put(_ content: ManifestContent, to repository: Reference, tag: String? = nil) async throws {
        let digest = content.descriptor.digest
        let name = tag ?? digest.description
        if try await self.digest(of: name, in: repository) == digest { return }
        try await write(content, to: repository, under: name)
    }

    /// What a tag or a digest of a repository stands for, as far as a HEAD tells; asked with the right to push, so that what
    /// is pushed then needs no other token.
    func digest(of name: String, in repository: Reference) async throws -> Digest? {
        try await head(
            Self.reference(name, in: repository), at: try await endpoint(repository), scopes: [.push(repository)])?
            .digest
    }

    private static func reference(_ name: String, in repository: Reference) throws -> Reference {
        try Reference("\(repository.name)\(name.contains(":") ? "@" : ":")\(name)")
    }

    /// Puts a document under a tag, or under its own digest, without asking what is there.
    func write(_ content: ManifestContent, to repository: Reference, under name: String) async throws {
        let endpoint = try await endpoint(repository)
        let digest = content.descriptor.digest
        var request = HTTPRequest(
            .put, try endpoint.url(repository, "manifests/\(name)"), body: .bytes(content.bytes))
        request.headers["Content-Type"] = content.descriptor.mediaType.rawValue
        let response: HTTPResponse
        do {
            response = try await perform(at: endpoint) { [request] _ in
                try await sender(endpoint, [.push(repository)]).send(request)
            }
        } catch let error as RegistryError where error.code == .refused {
            // A tag that may not be written twice, but has this digest, is what was asked for (buildkit#3776): somebody
            // else pushed the same meanwhile, or our own first attempt arrived and its answer did not.
            if try await self.digest(of: name, in: repository) == digest { return }
            throw error
        }
        if let told = response.headers["Docker-Content-Digest"], told != digest.description {
            throw RegistryError(
                .contentMismatch, "\(repository.registry) keeps the manifest as \(told), not as \(digest)",
                context: [FailureContext("image", try Self.reference(name, in: repository).description)])
        }
    }

    private enum MountAnswer {
        case mounted
        case session(UploadSession)
        case refused
    }

    /// Asks for a blob of another repository (distribution specification, "Mounting a blob from another repository").
    private func mount(_ digest: Digest, from source: Reference, to repository: Reference, _ endpoint: Endpoint)
        async throws -> MountAnswer
    {
        let query = [("mount", digest.description), ("from", source.repository)]
        let request = HTTPRequest(.post, try endpoint.url(repository, "blobs/uploads/", query: query))
        let sender = sender(endpoint, [.push(repository), .pull(source)], accepting: [400, 401, 403, 404, 405])
        do {
            let response = try await perform(at: endpoint) { _ in try await sender.send(request) }
            switch response.status {
            case 201: return .mounted
            // Not mounted, but an upload may go on from here (harbor#22863).
            case 202: return .session(try UploadSession(response, to: request, at: endpoint))
            // Some refuse instead of falling back (ggcr#1679): the upload is opened anew, without a word of mounting.
            default: return .refused
            }
        } catch let error as RegistryError where error.failureClass == .authorisation {
            // No token for the source: it is not ours to read.
            return .refused
        }
    }
}
