import Content
import Diagnostics
import Foundation
import OCI
import Registry
import Service
import ServiceClient
import ServiceTesting
import SystemPackage
import TestSupport
import Transfer

/// A client of a site, over real connections, that comes again until it is served.
struct SiteClient: Sendable {
    let site: ServerSite
    /// The files that all contexts have.
    private let sample: [String: [UInt8]]
    private let http = HTTPClient()

    /// How long anything may take, restarts and outages included.
    private static let patience = Duration.seconds(isSoak ? 300 : 120)

    init(_ site: ServerSite) async throws {
        self.site = site
        sample = try await ServiceSite().sample()
    }

    // MARK: Calls

    /// One call, once.
    /// - Parameter process: which process is asked; nil is any.
    func once(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil, headers: HTTPHeaders = [:],
        on process: Int? = nil
    ) async throws -> HTTPResponse {
        let process = process ?? .random(in: 0..<site.settings.processes)
        var request = HTTPRequest(method, try HTTPURL(site.origin(process) + path), headers: headers)
        request.headers["Authorization"] = "Bearer \(site.token)"
        if let body {
            request.body = .bytes(body)
            request.headers["Content-Type"] = request.headers["Content-Type"] ?? "application/json"
        }
        return try await http.send(request)
    }

    /// One call, until a server has an answer to it.
    func call(
        _ method: HTTPRequest.Method, _ path: String, body: [UInt8]? = nil, headers: HTTPHeaders = [:]
    ) async throws -> HTTPResponse {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let why: String
            do {
                let response = try await once(method, path, body: body, headers: headers)
                if response.status < 500 { return response }
                why = "\(response.status) \(response.text)"
            } catch let error as TransferError {
                why = "\(error)"
            }
            guard ContinuousClock.now < deadline else {
                throw NeverHappened("\(method.rawValue) \(path) is answered: \(why)")
            }
            try await Task.sleep(for: .milliseconds(.random(in: 20...120)))
        }
    }

    private func value<Value: Decodable>(_ type: Value.Type, _ response: HTTPResponse) throws -> Value {
        guard response.isSuccess else { throw NeverHappened("it works: \(response.status) \(response.text)") }
        return try JSONDecoder().decode(type, from: Data(response.body))
    }

    // MARK: Contexts

    /// The files of a project whose code is a text.
    func files(code: String) -> [String: [UInt8]] { sample.merging(["main.py": Array(code.utf8)]) { $1 } }

    /// Uploads a project of which the service lacks what it lacks.
    func upload(code: String) async throws -> Digest {
        var contents: [Digest: [UInt8]] = [:]
        var entries: [ContextManifest.Entry] = []
        for (path, bytes) in files(code: code) {
            let digest = try Digester.digest(of: bytes)
            contents[digest] = bytes
            entries.append(.init(path: path, kind: .file, mode: 0o644, size: Int64(bytes.count), digest: digest))
        }
        entries.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
        let manifest = Array(try CanonicalJSON.encode(ContextManifest(entries: entries)))
        let question = Array(try CanonicalJSON.encode(["digests": contents.keys.sorted()]))
        while true {
            let answer = try await call(.post, "/api/v1/contexts/missing", body: question)
            for digest in try value([String: [Digest]].self, answer)["missing"] ?? [] {
                let put = try await call(
                    .put, "/api/v1/contexts/blobs/\(digest)", body: contents[digest],
                    headers: ["Content-Type": "application/octet-stream"])
                guard put.isSuccess else { throw NeverHappened("\(digest) goes up: \(put.status) \(put.text)") }
            }
            let committed = try await call(.post, "/api/v1/contexts", body: manifest)
            // Content that vanished in between is sent again.
            if committed.status == 409 { continue }
            guard let digest = try value([String: Digest].self, committed)["digest"] else {
                throw NeverHappened("a context has a digest")
            }
            return digest
        }
    }

    // MARK: Builds

    private struct Creation: Encodable {
        var build: BuildSubmission
    }

    /// What is asked for.
    func submission(context: Digest, tags: [String]) throws -> BuildSubmission {
        var submission = BuildSubmission(base: .layout(path: "base"))
        submission.context = context
        submission.codeDestination = "/app"
        submission.requirements = ["requirements.txt"]
        submission.indexes.findLinks = ["links"]
        submission.tags = try tags.map { try Reference($0) }
        submission.pushes = !tags.isEmpty
        submission.execution.workingDirectory = "/app"
        return submission
    }

    /// Asks for a build, by one key however often.
    func submit(_ submission: BuildSubmission, key: String = UUID().uuidString) async throws -> ServerBuild {
        let body = Array(try CanonicalJSON.encode(Creation(build: submission)))
        return try await value(
            ServerBuild.self, call(.post, "/api/v1/builds", body: body, headers: ["Idempotency-Key": key]))
    }

    /// Uploads a project, and asks for its build.
    func submit(code: String, tags: [String], key: String = UUID().uuidString) async throws -> ServerBuild {
        try await submit(submission(context: upload(code: code), tags: tags), key: key)
    }

    func build(_ id: String) async throws -> ServerBuild {
        try await value(ServerBuild.self, call(.get, "/api/v1/builds/\(id)"))
    }

    /// The builds of a tag, the last accepted first.
    func builds(tag: String) async throws -> [ServerBuild] {
        struct Page: Decodable { var builds: [ServerBuild] }
        return try await value(Page.self, call(.get, "/api/v1/builds?limit=200&tag=\(tag)")).builds
    }

    func log(_ id: String) async throws -> String { try await call(.get, "/api/v1/builds/\(id)/logs").text }

    /// The end of a build, found by asking.
    func end(_ id: String) async throws -> ServerBuild {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let build = try await build(id)
            if build.state.isFinal { return build }
            guard ContinuousClock.now < deadline else {
                throw NeverHappened("the build \(id) ends: it is \(build.state)\n\(try await log(id))")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    /// The end of a build, told by its stream of events: across restarts, from the last event on.
    func follow(_ id: String) async throws -> ServerBuild {
        let process = Int.random(in: 0..<site.settings.processes)
        let policy = RetryPolicy(
            attempts: 3000, baseDelay: .milliseconds(30), maximumDelay: .milliseconds(200))
        let client = ServiceClient(
            try ServerAddress(site.origin(process)), token: Secret(site.token), sender: http,
            retrier: Retrier(policy: policy))
        return try await client.follow(id) { _ in }
    }
}

/// What builds come to by the engine alone, without a service.
actor LocalEngine {
    private let directory: TemporaryDirectory
    private let engine: BuildEngineOfTests
    private var known: [String: Digest] = [:]

    init(_ client: SiteClient) throws {
        directory = try TemporaryDirectory()
        for (name, bytes) in client.files(code: "") { try directory.write(bytes, to: "context/\(name)") }
        engine = try BuildEngineOfTests(directory.path)
    }

    func digest(code: String) async throws -> Digest {
        if let digest = known[code] { return digest }
        try directory.write(Array(code.utf8), to: "context/main.py")
        let digest = try await engine.build()
        known[code] = digest
        return digest
    }
}
