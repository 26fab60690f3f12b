import Diagnostics
import HTTPTypes

/// A call of the Docker Engine API (docs.docker.com/reference/api/engine), as far as its method and path tell.
///
/// Paths come with a version before them (`/v1.44/images/json`) and without. Names of images hold slashes, so the last part
/// of the path says what is wanted of an image.
struct EngineCall: Sendable, Hashable {
    /// What is wanted.
    enum Kind: Sendable, Hashable {
        case ping
        case version
        case info
        case login
        case build
        case listImages
        case pull
        case inspect(String)
        case tag(String)
        case push(String)
        case remove(String)
        case distribution(String)
        /// A container, of which there is none: `docker inspect` asks for one before it asks for an image.
        case container(String)
        /// Something that an engine does and Cooperage does not.
        case unserved
    }

    let kind: Kind
    /// The version that the client speaks, `1.44`; nil leaves it to the server.
    let version: EngineVersion?
    /// The path's pattern, for metrics and logs: of names there is no end.
    let route: String

    /// Reads a request.
    /// - Returns: nil where the path is none of an engine.
    init?(method: HTTPRequest.Method, path: String) {
        var parts = path.split(separator: "/").map { PercentEncoding.decoded($0) }
        version = parts.first.flatMap { EngineVersion(path: $0) }
        if version != nil { parts.removeFirst() }
        guard let noun = parts.first, Self.nouns.contains(noun) else { return nil }
        let kind = Self.kind(method, noun, Array(parts.dropFirst()))
        self.kind = kind
        route =
            switch kind {
            case .unserved: "engine: \(noun)"
            case .inspect: "/images/{name}/json"
            case .tag: "/images/{name}/tag"
            case .push: "/images/{name}/push"
            case .remove: "/images/{name}"
            case .distribution: "/distribution/{name}/json"
            case .container: "/containers/{name}/json"
            default: "/" + parts.joined(separator: "/")
            }
    }

    /// Where paths of an engine begin.
    private static let nouns: Set<String> = [
        "_ping", "auth", "build", "commit", "configs", "containers", "distribution", "events", "exec", "grpc", "images",
        "info", "networks", "nodes", "plugins", "secrets", "services", "session", "swarm", "system", "tasks", "version",
        "volumes",
    ]

    private static func kind(_ method: HTTPRequest.Method, _ noun: String, _ rest: [String]) -> Kind {
        switch (method, noun, rest.count) {
        case (.get, "_ping", 0), (.head, "_ping", 0): return .ping
        case (.get, "version", 0): return .version
        case (.get, "info", 0): return .info
        case (.post, "auth", 0): return .login
        case (.post, "build", 0): return .build
        case (.get, "images", 1) where rest[0] == "json": return .listImages
        case (.post, "images", 1) where rest[0] == "create": return .pull
        case (.delete, "images", 1...): return .remove(rest.joined(separator: "/"))
        case (.get, "distribution", 2...) where rest.last == "json":
            return .distribution(rest.dropLast().joined(separator: "/"))
        case (.get, "containers", 2...) where rest.last == "json":
            return .container(rest.dropLast().joined(separator: "/"))
        case (_, "images", 2...):
            let name = rest.dropLast().joined(separator: "/")
            switch (method, rest.last) {
            case (.get, "json"): return .inspect(name)
            case (.post, "tag"): return .tag(name)
            case (.post, "push"): return .push(name)
            default: return .unserved
            }
        default: return .unserved
        }
    }
}

/// A version of the Docker Engine API.
struct EngineVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    let major: Int
    let minor: Int

    /// The newest that is spoken here.
    static let newest = EngineVersion(major: 1, minor: 44)
    /// The oldest that is spoken here.
    static let oldest = EngineVersion(major: 1, minor: 24)

    var description: String { "\(major).\(minor)" }

    static func < (left: EngineVersion, right: EngineVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    private init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// Reads the part of a path: `v1.44`.
    fileprivate init?(path: String) {
        let numbers = path.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        guard path.hasPrefix("v"), numbers.count == 2,
            numbers.allSatisfy({ (1...3).contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let major = Int(numbers[0]), let minor = Int(numbers[1])
        else { return nil }
        self.init(major: major, minor: minor)
    }
}
