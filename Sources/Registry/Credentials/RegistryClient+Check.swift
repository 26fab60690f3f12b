import Diagnostics
public import OCI
import Transfer

extension RegistryClient {
    /// Asks a registry whether it takes our credentials (distribution specification, "Determining Support").
    /// - Parameter reference: names the registry; its repository does not matter.
    /// - Returns: false where it lets in everybody, and so told nothing.
    /// - Throws: `RegistryError` (`unauthorised`), `TransferError`.
    public func takesCredentials(_ reference: Reference) async throws -> Bool {
        let endpoint = try await endpoint(reference)
        let request = HTTPRequest(.get, try HTTPURL("\(endpoint.base.origin)/v2/"))
        let open = try await perform(at: endpoint) { _ in
            try await client.send(request)
        }
        if open.isSuccess { return false }
        _ = try await perform(at: endpoint) { _ in try await sender(endpoint, []).send(request) }
        return true
    }
}
