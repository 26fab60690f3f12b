import Diagnostics
import OCI
import Transfer

/// Where a registry is spoken to.
struct Endpoint: Sendable, Hashable {
    /// The registry as references name it.
    let registry: String
    /// `https://host`, without a path.
    let base: HTTPURL
    /// What is particular about it.
    let profile: RegistryProfile

    /// - Parameter insecureHosts: the hosts that are spoken to by plain HTTP although they are not this machine.
    init(_ registry: String, insecureHosts: Set<String>, profile: RegistryProfile = RegistryProfile()) throws {
        self.registry = registry
        self.profile = profile
        // Docker Hub's registry is not where its name points.
        let host = registry == "docker.io" || registry == "index.docker.io" ? "registry-1.docker.io" : registry
        let isInsecure = insecureHosts.contains(registry) || insecureHosts.contains(Self.name(of: registry))
        let isPlain = HTTPURL.isLoopback(host: host) || isInsecure
        base = try HTTPURL("\(isPlain ? "http" : "https")://\(host)")
    }

    /// A URL of the distribution API.
    func url(_ reference: Reference, _ path: String, query: [(String, String)] = []) throws -> HTTPURL {
        let text = "\(base.origin)/v2/\(reference.repository)/\(path)"
        return try HTTPURL(appending(query, to: text))
    }

    private static func name(of registry: String) -> String {
        guard !registry.hasSuffix("]"), let colon = registry.lastIndex(of: ":") else { return registry }
        return String(registry[..<colon])
    }
}

/// A URL with further names and values in its query.
func appending(_ query: [(String, String)], to url: String) -> String {
    guard !query.isEmpty else { return url }
    let text = query.map { "\($0)=\(PercentEncoding.value($1))" }.joined(separator: "&")
    guard let question = url.firstIndex(of: "?") else { return "\(url)?\(text)" }
    return url.index(after: question) == url.endIndex ? url + text : "\(url)&\(text)"
}
