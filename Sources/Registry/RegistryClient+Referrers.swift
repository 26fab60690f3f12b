import Content
import Diagnostics
import FoundationEssentials
public import OCI
import Transfer

extension RegistryClient {
    /// How often the list of referrers is written again that somebody else wrote at the same time.
    private static let listAttempts = 4

    /// Puts an artifact into a repository, and sees to it that it is listed among its subject's referrers: by the
    /// registry, or under the tag that the specification has for those that do not know of referrers (distribution
    /// specification 1.1, "Pushing Manifests with Subject").
    /// - Parameter artifact: its blobs must be there.
    /// - Returns: the artifact's descriptor.
    /// - Throws: `RegistryError`, `TransferError`.
    public func attach(_ artifact: ArtifactManifest, to repository: Reference) async throws -> Descriptor {
        let content = try ManifestContent(
            [UInt8](CanonicalJSON.encode(artifact)), mediaType: artifact.mediaType)
        let endpoint = try await endpoint(repository)
        // Asked although it may be there: the answer tells whether the registry keeps the list.
        var request = HTTPRequest(
            .put, try endpoint.url(repository, "manifests/\(content.descriptor.digest)"), body: .bytes(content.bytes))
        request.headers["Content-Type"] = content.descriptor.mediaType.rawValue
        let response = try await perform(at: endpoint) { [request] _ in
            try await sender(endpoint, [.push(repository)]).send(request)
        }
        if response.headers["OCI-Subject"] == nil {
            try await list(artifact, as: content.descriptor, in: repository)
        }
        return content.descriptor
    }

    /// Has an artifact in the list under the tag. Registries that need this take no condition (`If-Match`) with a
    /// manifest, so the list is read again: whoever wrote it at the same time may not have known of us. It makes a loss
    /// rare; only a registry that keeps the list itself makes it impossible.
    private func list(_ artifact: ArtifactManifest, as descriptor: Descriptor, in repository: Reference) async throws {
        let tag = ReferrersIndex.tag(of: artifact.subject.digest)
        let name = try Reference("\(repository.name):\(tag)")
        for _ in 0..<Self.listAttempts {
            var index = try await referrersIndex(name)
            if index.contains(descriptor.digest) { return }
            index.append(artifact, as: descriptor)
            try await put(index.content(), to: repository, tag: tag)
        }
        guard try await referrersIndex(name).contains(descriptor.digest) else {
            throw RegistryError(
                .unavailable, "the list of referrers '\(name)' does not keep what is put into it",
                hints: ["somebody else writes it again and again; try later"])
        }
    }

    /// The list under a tag, empty where there is none yet.
    private func referrersIndex(_ name: Reference) async throws -> ReferrersIndex {
        let content: ManifestContent
        do {
            content = try await manifest(name, asksMirrors: false)
        } catch let error as RegistryError where error.code == .notFound {
            return ReferrersIndex()
        }
        guard let index = ReferrersIndex(content) else {
            throw RegistryError(
                .invalidAnswer, "'\(name)' is not a list of referrers but '\(content.descriptor.mediaType)'",
                hints: ["the tag is the distribution specification's own for that list; move the image elsewhere"])
        }
        return index
    }
}
