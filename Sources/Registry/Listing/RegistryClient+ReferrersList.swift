import Diagnostics
import FoundationEssentials
public import OCI
import Transfer

extension RegistryClient {
    private struct ReferrerList: Decodable { var manifests: [Referrer] }

    /// With which statuses a registry tells that it has no list of referrers.
    private static let withoutList: Set<Int> = [400, 404, 405, 501]

    /// What refers to a manifest: by the registry's list, or by the list under a tag, which clients keep where it has none
    /// (distribution specification, "Listing Referrers").
    /// - Parameter type: which kind of content alone; nil for all.
    /// - Throws: `RegistryError`, `TransferError`.
    public func referrers(to subject: Digest, in repository: Reference, type: MediaType? = nil)
        async throws -> [Referrer]
    {
        let endpoint = try await endpoint(repository)
        let query = type.map { [("artifactType", $0.rawValue)] } ?? []
        let request = HTTPRequest(
            .get, try endpoint.url(repository, "referrers/\(subject)", query: query))
        let pages = RegistryPages(
            sender: sender(endpoint, [.pull(repository)], accepting: Self.withoutList), endpoint: endpoint
        )
        var listed: [Referrer]? = []
        try await limit(at: endpoint).run {
            try await pages.forEach(from: request, retrier: retrier) { response in
                // Some answer every path with a page of theirs.
                guard response.isSuccess,
                    let list = try? JSONDecoder().decode(ReferrerList.self, from: Data(response.body))
                else {
                    listed = nil
                    return false
                }
                listed? += list.manifests
                return true
            }
        }
        // Whether the registry filtered (`OCI-Filters-Applied`) or not, what is left is the same.
        let found = if let listed { listed } else { try await tagged(subject, in: repository) }
        return found.filter { type == nil || $0.artifactType == type }
    }

    private func tagged(_ subject: Digest, in repository: Reference) async throws -> [Referrer] {
        do {
            let content = try await manifest(
                Reference("\(repository.name):\(ReferrersIndex.tag(of: subject))"), asksMirrors: false)
            return (try? JSONDecoder().decode(ReferrerList.self, from: Data(content.bytes)))?.manifests
                ?? []
        } catch let error as RegistryError where error.code == .notFound {
            return []
        }
    }
}
