import Diagnostics
import OCI

/// For which repositories a registry credential is: `registry` or `registry/namespace`, the namespace as deep as one likes.
struct CredentialScope: Sendable, Hashable {
    /// `host[:port]`, Docker Hub's is `docker.io`.
    let registry: String
    /// The start of the repositories' names; empty stands for all.
    let namespace: [String]

    /// Reads a scope.
    /// - Throws: `ServiceError` (`invalid_request`).
    init(_ text: String) throws(ServiceError) {
        // A reference's grammar with a name at its end tells what a registry and a path are.
        var parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let host = parts.isEmpty ? "" : parts.removeFirst()
        guard let reference = try? Reference(([host] + parts + ["x"]).joined(separator: "/")),
            reference.tag == nil, reference.digest == nil, reference.registry == host || host == "docker.io"
        else {
            throw ServiceError(
                .invalidRequest, "'\(text)' is not the scope of a credential",
                hints: ["a scope reads registry or registry/namespace, for example 127.0.0.1:5000/team"])
        }
        registry = ["index.docker.io", "registry-1.docker.io"].contains(host) ? "docker.io" : host
        namespace = parts
    }

    /// The scope as it is kept.
    var text: String { ([registry] + namespace).joined(separator: "/") }

    /// How many parts of a repository's name it covers, or nil where it is for others.
    func match(registry: String, repository: String?) -> Int? {
        guard registry == self.registry else { return nil }
        let parts = repository?.split(separator: "/").map(String.init) ?? []
        return parts.starts(with: namespace) ? namespace.count : nil
    }
}
