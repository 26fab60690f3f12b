import Diagnostics
import FoundationEssentials
public import OCI
import Transfer

extension RegistryClient {
    private struct TagList: Decodable { var tags: [String]? }

    /// The tags of a repository, in the registry's order, all pages of them.
    /// - Throws: `RegistryError`, `TransferError`.
    public func tags(of repository: Reference) async throws -> [String] {
        let endpoint = try await endpoint(repository)
        let request = HTTPRequest(
            .get, try endpoint.url(repository, "tags/list", query: [("n", "1000")]))
        let pages = RegistryPages(sender: sender(endpoint, [.pull(repository)]), endpoint: endpoint)
        var tags: [String] = []
        try await limit(at: endpoint).run {
            try await pages.forEach(from: request, retrier: retrier) { response in
                guard let list = try? JSONDecoder().decode(TagList.self, from: Data(response.body)) else {
                    throw RegistryError(
                        .invalidAnswer, "\(endpoint.registry) answers with something else than a list of tags",
                        context: [FailureContext("request", "GET \(request.url)")])
                }
                tags += list.tags ?? []
                return true
            }
        }
        return tags
    }
}
