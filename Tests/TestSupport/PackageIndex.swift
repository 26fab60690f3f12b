import OCI
public import RegistryTesting

/// A package index of the test's wheels (simple repository API), at `/simple/` with what PyPI tells, at `/digests/` as pages
/// of links with digests and no lengths, and at `/links/` as a bare page of links that tells no digest.
public struct PackageIndex: Sendable {
    /// What it offers.
    public let wheels: [WheelFixture]
    /// Source distributions that it offers, by name of the project.
    public var sources: [(project: String, filename: String, bytes: [UInt8])] = []
    /// `user:password` that must be given, in base64.
    public var authorization: String?
    /// Whether a wheel's length is told to a HEAD.
    public var tellsLengths: Bool

    /// An index of wheels.
    public init(wheels: [WheelFixture], authorization: String? = nil, tellsLengths: Bool = false) {
        self.wheels = wheels
        self.authorization = authorization
        self.tellsLengths = tellsLengths
    }

    /// Answers as the index would.
    public func answer(_ request: LoopbackRequest) -> LoopbackResponse {
        if let authorization, request.header("Authorization") != "Basic \(authorization)" {
            return LoopbackResponse(401, headers: [("WWW-Authenticate", "Basic realm=\"test\"")], text: "no")
        }
        let parts = request.path.split(separator: "/").map(String.init)
        switch (parts.first, parts.count) {
        case ("simple", 2): return project(parts[1])
        case ("links", 1):
            let page = wheels.map { "<a href=\"/files/\($0.filename)\">\($0.filename)</a>" }.joined(separator: "\n")
            return LoopbackResponse(200, headers: [("Content-Type", "text/html")], text: page)
        case ("digests", 2):
            let page = wheels.filter { $0.name == parts[1] }.map {
                "<a href=\"/files/\($0.filename)#sha256=\($0.digest.encoded)\">\($0.filename)</a>"
            }
            return LoopbackResponse(200, headers: [("Content-Type", "text/html")], text: page.joined(separator: "\n"))
        case ("files", 2) where request.method == "HEAD" && !tellsLengths: return LoopbackResponse(405)
        case ("files", 2) where parts[1].hasSuffix(".metadata"):
            guard let wheel = wheels.first(where: { $0.filename + ".metadata" == parts[1] }) else { break }
            return LoopbackResponse(200, headers: [("Content-Type", "text/plain")], text: wheel.metadata)
        case ("files", 2):
            let bytes =
                wheels.first { $0.filename == parts[1] }?.bytes ?? sources.first { $0.filename == parts[1] }?.bytes
            guard let bytes else { break }
            return LoopbackResponse(200, headers: [("Content-Type", "application/octet-stream")], body: bytes)
        default: break
        }
        return LoopbackResponse(404, text: "not here")
    }

    /// A project's page in the JSON form of PEP 691, with sizes (PEP 700).
    private func project(_ name: String) -> LoopbackResponse {
        let wheels = wheels.filter { $0.name == name }
        let sources = sources.filter { $0.project == name }
        guard !wheels.isEmpty || !sources.isEmpty else { return LoopbackResponse(404, text: "no such project") }
        let list =
            (wheels.map { wheel in
                """
                {"filename": "\(wheel.filename)", "url": "/files/\(wheel.filename)", "size": \(wheel.bytes.count),
                 "hashes": {"sha256": "\(wheel.digest.encoded)"}, "requires-python": ">=3.8", "yanked": false, "core-metadata": true}
                """
            }
            + sources.map { source in
                """
                {"filename": "\(source.filename)", "url": "/files/\(source.filename)", "size": \(source.bytes.count),
                 "hashes": {}, "yanked": false}
                """
            }).joined(separator: ",")
        return LoopbackResponse(
            200, headers: [("Content-Type", "application/vnd.pypi.simple.v1+json")],
            text: "{\"meta\": {\"api-version\": \"1.1\"}, \"name\": \"\(name)\", \"files\": [\(list)]}")
    }
}
