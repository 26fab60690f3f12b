import Content
import Diagnostics
import Foundation
import Logging
import OCI
import Service
import ServiceAPI
import ServiceLifecycle
import ServiceTesting
import SystemPackage
import TestSupport

/// A service behind its API, on a free port of 127.0.0.1 unless a test says otherwise.
final class APISite: Sendable {
    let site: ServiceSite
    let address: ListenAddress
    let metrics: PrometheusRegistry
    /// An administrator's token.
    let admin: String
    private let group: ServiceGroup
    private let running: Task<Void, any Error>

    var service: BuildService { site.service }
    var store: MemoryStore { site.store }
    var directory: TemporaryDirectory { site.directory }

    /// `http://127.0.0.1:port`.
    var origin: String { "http://\(address)" }

    private init(_ site: ServiceSite, settings: APISettings) async throws {
        self.site = site
        let metrics = PrometheusRegistry()
        self.metrics = metrics
        admin = try await site.service.createToken(label: "test", role: .admin, project: nil, by: site.admin).secret
        let (addresses, told) = AsyncStream<ListenAddress>.makeStream()
        let server = try APIServer(
            site.service, settings: settings, version: "1.2.3", metrics: metrics, logger: Self.logger,
            storeSizes: { [("cache", 4096)] }, onServerRunning: { told.yield($0) })
        let group = ServiceGroup(services: [server], logger: Self.logger)
        self.group = group
        running = Task {
            defer { told.finish() }
            try await group.run()
        }
        guard let address = await addresses.first(where: { _ in true }) else {
            try await running.value
            throw NeverHappened("the server listens")
        }
        self.address = address
    }

    private static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    /// Stops the server in good order, and waits for its end.
    func stop() async throws {
        await group.triggerGracefulShutdown()
        try await running.value
    }

    /// Serves for the time of an operation.
    static func run(
        _ configure: (inout APISettings, ServiceSite) throws -> Void = { _, _ in },
        service: (inout ServiceSettings) -> Void = { _ in },
        _ operation: (APISite) async throws -> Void
    ) async throws {
        let site = try await ServiceSite(service)
        var settings = APISettings(address: .tcp(host: "127.0.0.1", port: 0))
        settings.drain = .seconds(2)
        try configure(&settings, site)
        let api = try await APISite(site, settings: settings)
        do {
            try await operation(api)
        } catch {
            try? await api.stop()
            throw error
        }
        try await api.stop()
    }

    // MARK: What tests need

    /// Makes a project.
    func makeProject(_ name: String, policy: ProjectPolicy = ProjectPolicy()) async throws {
        try await service.setProject(Project(name: name, policy: policy), by: site.admin)
    }

    /// Makes a token.
    func token(_ role: Role, project: String? = "default") async throws -> String {
        try await service.createToken(label: "test", role: role, project: project, by: site.admin).secret
    }

    /// A submission that needs no context, as JSON.
    static func submission(_ more: String = "") -> String {
        #"{"build":{"base":{"catalog":"python-3.11-slim"}\#(more.isEmpty ? "" : "," + more)}}"#
    }

    /// Asks for a build of nothing but a base.
    func create(_ more: String = "", headers: [String] = [], token: String? = nil) async throws -> String {
        let answer = try await send(
            "POST", "/builds", json: Self.submission(more), headers: headers, token: token ?? admin)
        return try answer.text("id")
    }

    // MARK: Requests

    /// Sends a request by curl.
    /// - Parameters:
    ///   - path: below `/api/v1`, or with a leading `//` below the root.
    ///   - token: the administrator's unless given; empty sends none.
    func send(
        _ method: String, _ path: String, json: String? = nil, body: [UInt8]? = nil, headers: [String] = [],
        token: String? = nil, arguments: [String] = []
    ) async throws -> Answer {
        let url = path.hasPrefix("//") ? origin + path.dropFirst() : "\(origin)/api/v1\(path)"
        var fields = headers
        let token = token ?? admin
        if !token.isEmpty { fields.append("Authorization: Bearer \(token)") }
        if json != nil { fields.append("Content-Type: application/json") }
        return try await Curl.send(
            method, url, body: json.map { Array($0.utf8) } ?? body, headers: fields, arguments: arguments)
    }

    func get(_ path: String, headers: [String] = [], token: String? = nil) async throws -> Answer {
        try await send("GET", path, headers: headers, token: token)
    }

    /// A stream of events, which curl prints.
    func stream(_ id: String, after: Int? = nil, arguments: [String] = []) throws -> ServerProcess {
        var fields = ["-H", "Authorization: Bearer \(admin)"]
        if let after { fields += ["-H", "Last-Event-ID: \(after)"] }
        return try ServerProcess(
            "curl",
            ["-sS", "-N", "-w", "\\nended %{http_code} %{exitcode}\\n"] + fields + arguments
                + ["\(origin)/api/v1/builds/\(id)/events"],
            package: "curl")
    }
}

/// The curl program.
enum Curl {
    static func send(
        _ method: String, _ url: String, body: [UInt8]? = nil, headers: [String] = [], arguments: [String] = []
    ) async throws -> Answer {
        let scratch = try TemporaryDirectory()
        let (head, output) = (scratch.path.appending("head"), scratch.path.appending("body"))
        var words = ["-sS", "--http1.1", "--max-time", "90", "-D", head.string, "-o", output.string]
        words += method == "HEAD" ? ["-I"] : ["-X", method]
        for field in headers { words += ["-H", field] }
        if let body {
            words += ["--data-binary", "@\(try scratch.write(body, to: "in"))"]
            // curl's own idea of a form.
            if !headers.contains(where: { $0.hasPrefix("Content-Type") }) { words += ["-H", "Content-Type:"] }
        }
        try await runAside("curl", words + arguments + [url])
        let bytes = FileSystem.exists(output) ? try FileSystem.read(output) : []
        return try Answer(head: String(decoding: FileSystem.read(head), as: UTF8.self), body: bytes)
    }
}

/// What a server answered.
struct Answer: CustomStringConvertible {
    let status: Int
    /// Every status line, those before the answer's among them.
    let head: String
    let body: [UInt8]
    private let headers: [String: String]

    struct Malformed: Error, CustomStringConvertible {
        let description: String
    }

    init(head: String, body: [UInt8]) throws {
        self.head = head
        self.body = body
        // The last one of `100 Continue` and the answer.
        let parts = head.replacing("\r\n", with: "\n").split(separator: "\n\n")
        let lines = parts.last?.split(separator: "\n").map(String.init) ?? []
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Malformed(description: "no status line: \(head)")
        }
        self.status = status
        headers = Dictionary(
            lines.dropFirst().compactMap { line in
                let pair = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                return pair.count == 2 ? (pair[0].lowercased(), pair[1]) : nil
            }, uniquingKeysWith: { $1 })
    }

    var string: String { String(decoding: body, as: UTF8.self) }
    var description: String { "\(status) \(string)" }

    subscript(header: String) -> String? { headers[header.lowercased()] }

    /// The JSON document.
    func object() throws -> [String: Any] {
        guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any] else {
            throw Malformed(description: "no JSON object: \(self)")
        }
        return object
    }

    /// A member that is a text.
    func text(_ name: String) throws -> String {
        guard let text = try object()[name] as? String else {
            throw Malformed(description: "no '\(name)': \(self)")
        }
        return text
    }

    /// A member that is a list of texts.
    func texts(_ name: String) throws -> [String] {
        guard let texts = try object()[name] as? [String] else {
            throw Malformed(description: "no list '\(name)': \(self)")
        }
        return texts
    }

    /// A member that is a list of objects.
    func objects(_ name: String) throws -> [[String: Any]] {
        guard let objects = try object()[name] as? [[String: Any]] else {
            throw Malformed(description: "no list '\(name)': \(self)")
        }
        return objects
    }
}
