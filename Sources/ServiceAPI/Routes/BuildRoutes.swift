import Diagnostics
import Dockerfile
import HTTPTypes
import Hummingbird
import OCI
import Service
import ServiceLifecycle

/// `/builds`.
struct BuildRoutes {
    let service: BuildService
    /// The longest that `Prefer: wait` holds a request.
    let longestWait: Duration

    func add(to group: RouterGroup<APIContext>) {
        group.post("/builds", use: create)
        group.get("/builds", use: list)
        group.get("/builds/{id}", use: get)
        group.post("/builds/{id}/cancel", use: cancel)
        group.post("/builds/{id}/retry", use: retry)
    }

    @Sendable private func create(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try context.scope(.builder)
        let body = try await JSONRequest.decode(BuildRequestDocument.self, from: request, in: context)
        let key = request.headers[.idempotencyKey]
        guard key?.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) ?? true else {
            throw ServiceError(
                .invalidRequest, "an idempotency key has visible ASCII characters alone",
                hints: ["a UUID is a good one"])
        }
        let submitted: SubmittedBuild
        var remarks: [LoweringRemark]?
        switch body.subject {
        case .submission(let build):
            submitted = try await service.submit(
                build, secrets: body.secrets, idempotencyKey: key, project: scope.project, by: scope.origin)
        case .dockerfile(let build):
            (submitted, remarks) = try await service.submit(
                build, secrets: body.secrets ?? BuildSecrets(), idempotencyKey: key, project: scope.project,
                by: scope.origin)
        }
        var build = submitted.build
        var headers: HTTPFields = [.location: "/api/v1/builds/\(build.id)"]
        if let seconds = Preference.wait(request.headers[.prefer]) {
            build = try await end(of: build.id, within: .seconds(seconds), project: scope.project)
            headers[.preferenceApplied] = "wait=\(seconds)"
        }
        return try JSONAnswer.response(
            BuildDocument(build, remarks: remarks), status: submitted.isRepeated ? .ok : .accepted, headers: headers)
    }

    /// The build when it has ended, or as it is when the time is over or the server stops.
    private func end(of id: String, within duration: Duration, project: String) async throws -> BuildRecord {
        let deadline = ContinuousClock.now + min(duration, longestWait)
        while true {
            let rest = min(ContinuousClock.now.duration(to: deadline), .milliseconds(500))
            let build = try await service.wait(for: id, atMost: rest, project: project)
            if build.state.isFinal || ContinuousClock.now >= deadline || Task.isShuttingDownGracefully { return build }
        }
    }

    @Sendable private func list(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try context.scope(.reader)
        let query = Query(request)
        var filter = BuildFilter()
        // An administrator who names no project sees all of them.
        filter.projects = context.namedProject == nil && scope.visible == nil ? nil : [scope.project]
        for state in query.all("state") {
            for name in state.split(separator: ",") {
                guard let state = BuildState(rawValue: String(name)) else {
                    throw ServiceError(
                        .invalidRequest, "'\(name)' is not the state of a build",
                        hints: ["the states are \(BuildState.allCases.map(\.rawValue).joined(separator: ", "))"])
                }
                filter.states.append(state)
            }
        }
        filter.tag = try query["tag"].map { try Reference($0).description }
        if let limit = try query.limit(500) { filter.limit = limit }
        if let cursor = query["cursor"] { filter.before = try Cursor.sequence(of: cursor) }
        let page = try await service.builds(filter)
        return try JSONAnswer.response(
            BuildListDocument(builds: page.builds.map { BuildDocument($0) }, nextCursor: page.next.map(Cursor.text)))
    }

    @Sendable private func get(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try context.scope(.reader)
        return try JSONAnswer.response(
            BuildDocument(try await service.build(context.buildID(), project: scope.visible)))
    }

    @Sendable private func cancel(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try context.scope(.builder)
        let build = try await service.cancel(context.buildID(), project: scope.visible, by: scope.origin)
        return try JSONAnswer.response(BuildDocument(build), status: .accepted)
    }

    @Sendable private func retry(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try context.scope(.builder)
        let body = try await JSONRequest.decodeIfPresent(RetryDocument.self, from: request, in: context)
        let build = try await service.retry(
            context.buildID(), secrets: body?.secrets, project: scope.visible, by: scope.origin)
        return try JSONAnswer.response(
            BuildDocument(build), status: .accepted, headers: [.location: "/api/v1/builds/\(build.id)"])
    }
}

extension APIContext {
    /// The `{id}` of the path.
    func buildID() throws -> String { try parameter("id") }
}

/// Where a list goes on, as clients pass it back: opaque to them.
enum Cursor {
    static func text(_ sequence: Int64) -> String { "b\(String(sequence, radix: 36))" }

    static func sequence(of text: String) throws(ServiceError) -> Int64 {
        guard text.hasPrefix("b"), let sequence = Int64(text.dropFirst(), radix: 36), sequence > 0 else {
            throw ServiceError(
                .invalidRequest, "'\(text)' is not a cursor", hints: ["take 'next_cursor' of the last answer"])
        }
        return sequence
    }
}

/// The `Prefer` field (RFC 7240).
enum Preference {
    /// The seconds of `wait=N`, at most 60: longer than that, proxies hang up.
    static func wait(_ field: String?) -> Int? {
        for part in (field ?? "").split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.filter { !$0.isWhitespace } }
            guard pair.count == 2, pair[0].lowercased() == "wait", let seconds = Int(pair[1]), seconds >= 0 else {
                continue
            }
            return min(seconds, 60)
        }
        return nil
    }
}
