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

    /// Whether another one is asked where it fails, so that little time is spent on it.
    let isMirror: Bool

    /// - Parameter scheme: how its host is asked.
    init(
        _ registry: String, scheme: HTTPURL.Scheme, profile: RegistryProfile = RegistryProfile(),
        isMirror: Bool = false
    ) throws {
        self.registry = registry
        self.profile = profile
        self.isMirror = isMirror
        base = try HTTPURL("\(scheme.rawValue)://\(Self.host(of: registry))")
    }

    /// The host of a registry. Docker Hub's is not where its name points.
    static func host(of registry: String) -> String {
        registry == "docker.io" || registry == "index.docker.io" ? "registry-1.docker.io" : registry
    }

    /// A URL of the distribution API.
    func url(_ reference: Reference, _ path: String, query: [(String, String)] = []) throws -> HTTPURL {
        let text = "\(base.origin)/v2/\(reference.repository)/\(path)"
        return try HTTPURL(appending(query, to: text))
    }

    /// The host without its port.
    static func name(of registry: String) -> String {
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
