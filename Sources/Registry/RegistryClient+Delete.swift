import Diagnostics
public import OCI
import Transfer

extension RegistryClient {
    /// Takes a manifest, or a name alone, out of a repository (distribution specification, "Content Management").
    /// - Parameter reference: with a digest, the manifest and all of its names; else the tag. Not every registry lets go of a
    ///   tag alone.
    /// - Throws: `RegistryError`: `not_found`, or `refused` where the registry deletes nothing.
    public func delete(_ reference: Reference) async throws {
        try await delete("manifests/\(reference.identifier)", in: reference)
    }

    /// Takes a blob out of a repository.
    /// - Throws: `RegistryError`: `not_found`, or `refused` where the registry deletes nothing.
    public func deleteBlob(_ digest: Digest, in repository: Reference) async throws {
        try await delete("blobs/\(digest)", in: repository)
    }

    private func delete(_ path: String, in repository: Reference) async throws {
        let endpoint = try await endpoint(repository)
        let request = HTTPRequest(.delete, try endpoint.url(repository, path))
        try await perform(at: endpoint) { attempt in
            let response = try await sender(endpoint, [.delete(repository)], accepting: [404]).send(
                request)
            // The answer to a deletion that was done may have been what got lost.
            if response.status == 404, attempt == 1 {
                throw RegistryError(response, to: request, of: endpoint.registry)
            }
        }
    }
}
