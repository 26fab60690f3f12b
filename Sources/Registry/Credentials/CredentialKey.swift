/// What an entry of a credentials' file is for: a registry, or a namespace or a repository of it.
struct CredentialKey: Sendable, Hashable {
    /// `host[:port][/path]`; Docker Hub is `docker.io`.
    let text: String

    /// Reads a key as a file has it. `https://host/v1/` and `host` are the same, and Docker Hub has several names.
    init(_ key: String) {
        var rest = Substring(key)
        var isURL = false
        for scheme in ["https://", "http://"] where rest.hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            isURL = true
        }
        let host = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(host.count).split(separator: "/").joined(separator: "/")
        // What docker wrote when registries had other APIs is no namespace.
        let isWhole = isURL || path.isEmpty || path == "v1" || path == "v2"
        text = Self.registry(host) + (isWhole ? "" : "/\(path)")
    }

    private init(text: String) { self.text = text }

    /// The keys that serve a repository, the closest first: `host/team/app`, `host/team`, `host`.
    static func serving(_ registry: String, repository: String?) -> [CredentialKey] {
        let host = Self.registry(registry)
        var parts = (repository ?? "").split(separator: "/")
        var keys: [CredentialKey] = []
        while !parts.isEmpty {
            keys.append(CredentialKey(text: "\(host)/\(parts.joined(separator: "/"))"))
            parts.removeLast()
        }
        return keys + [CredentialKey(text: host)]
    }

    /// Whether it is a whole registry's.
    var isRegistry: Bool { !text.contains("/") }

    /// The registry by the one name that it has here.
    static func registry(_ host: some StringProtocol) -> String {
        let name = host.lowercased()
        return ["index.docker.io", "registry-1.docker.io"].contains(name) ? "docker.io" : name
    }

    /// What helpers and docker's file call a registry.
    static func server(_ registry: String) -> String {
        let name = Self.registry(registry)
        return name == "docker.io" ? "https://index.docker.io/v1/" : name
    }
}
