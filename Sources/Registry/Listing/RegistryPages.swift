import Diagnostics
import Transfer

/// Lists that come in pages: each tells in `Link` where the next one is (RFC 5988; distribution specification, "Listing
/// Tags").
struct RegistryPages {
    /// More pages than any list of a repository has.
    private static let limit = 10_000

    let sender: AuthorisedSender
    let endpoint: Endpoint

    /// Asks for page after page.
    /// - Parameter take: gets each answer; false ends the list.
    /// - Throws: `RegistryError` where a page is not of this registry, or comes again.
    func forEach(from first: HTTPRequest, retrier: Retrier, _ take: (HTTPResponse) throws -> Bool)
        async throws
    {
        var request = first
        var seen: Set<String> = []
        for _ in 0..<Self.limit {
            seen.insert(request.url.text)
            let response = try await retrier.run { [request] _ in try await sender.send(request) }
            guard try take(response), let link = Self.next(response.headers.values("Link")) else {
                return
            }
            let next = try request.url.resolving(link)
            guard next.hasSameOrigin(as: endpoint.base), !seen.contains(next.text) else {
                throw RegistryError(
                    .invalidAnswer, "\(endpoint.registry) has the next page of a list at '\(next)'",
                    context: [FailureContext("request", "GET \(request.url)")])
            }
            request.url = next
        }
        throw RegistryError(.invalidAnswer, "\(endpoint.registry) lists without an end")
    }

    /// The target of the link whose relation is `next`.
    static func next(_ values: [String]) -> String? {
        for link in values.flatMap({ $0.split(separator: ",") }) {
            guard let open = link.firstIndex(of: "<"), let close = link[open...].firstIndex(of: ">")
            else { continue }
            let parameters = link[link.index(after: close)...].split(separator: ";").map {
                $0.filter { !" \"\t".contains($0) }.lowercased()
            }
            if parameters.contains("rel=next") { return String(link[link.index(after: open)..<close]) }
        }
        return nil
    }
}
