import Diagnostics
import Transfer

/// An upload that a registry has opened: where it goes on, and how far it is.
struct UploadSession: Sendable {
    /// Where it goes on. Its query holds what may be secret.
    private(set) var location: HTTPURL
    /// The least that a chunk must hold, but for the last (`OCI-Chunk-Min-Length`).
    let minimumChunk: Int64
    /// The bytes that the registry has.
    var sent: Int64 = 0

    /// A registry that wants more at once wants no chunks.
    private static let largestMinimum: Int64 = 1 << 30

    /// An upload that an answer tells of.
    init(_ response: HTTPResponse, to request: HTTPRequest, at endpoint: Endpoint) throws {
        location = try Self.location(response, request, endpoint)
        let minimum = response.headers["OCI-Chunk-Min-Length"].flatMap { Int64($0) } ?? 0
        minimumChunk = min(max(minimum, 0), Self.largestMinimum)
    }

    /// An upload that was remembered.
    init(location: HTTPURL, minimumChunk: Int64) {
        self.location = location
        self.minimumChunk = minimumChunk
    }

    /// Goes on where an answer says; where it says nothing, where it was.
    mutating func follow(_ response: HTTPResponse, to request: HTTPRequest, at endpoint: Endpoint) throws {
        guard response.headers["Location"] != nil else { return }
        location = try Self.location(response, request, endpoint)
    }

    /// How many bytes a `Range` says are there: `0-99` are 100. An empty upload is `0-0` by custom.
    static func confirmed(_ response: HTTPResponse) -> Int64? {
        guard let range = response.headers["Range"] else { return nil }
        let text = range.hasPrefix("bytes=") ? range.dropFirst(6) : range[...]
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0] == "0", let last = Int64(parts[1]), last >= 0 else { return nil }
        return last == 0 ? 0 : last + 1
    }

    /// Where an answer sends us: absolute, relative or on another host, but never from https to plain http.
    static func location(_ response: HTTPResponse, _ request: HTTPRequest, _ endpoint: Endpoint) throws -> HTTPURL {
        guard let text = response.headers["Location"] else {
            throw RegistryError(
                .invalidAnswer, "\(endpoint.registry) answers \(response.status) without saying where to upload",
                context: [FailureContext("request", "\(request.method.rawValue) \(request.url)")])
        }
        let location = try request.url.resolving(text)
        guard request.url.scheme == .http || location.scheme == .https else {
            throw RegistryError(
                .invalidAnswer, "\(endpoint.registry) sends an upload from https to plain http, to '\(location)'",
                hints: ["a registry behind a proxy needs to be told its outside address"])
        }
        return try restoringPort(of: location, asIn: request.url)
    }

    /// A registry behind a proxy that hands on the host without its port names itself by the scheme's own port
    /// (distribution#2862, openshift/origin#11337). What is under the API's path on the same host is the registry.
    private static func restoringPort(of location: HTTPURL, asIn asked: HTTPURL) throws -> HTTPURL {
        let path = location.text.dropFirst(location.origin.count)
        let usual = location.scheme == .http ? 80 : 443
        guard location.host == asked.host, location.scheme == asked.scheme, location.port == usual,
            asked.port != usual, path.hasPrefix("/v2/")
        else { return location }
        return try HTTPURL(asked.origin + path)
    }
}
