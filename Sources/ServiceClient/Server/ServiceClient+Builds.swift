import Diagnostics
import FoundationEssentials
public import OCI
public import Service
public import Spec
import Transfer

extension ServiceClient {
    /// The path of a build.
    /// - Throws: `ClientError` (`invalid_build`) for what would be another path.
    private func path(_ id: String, _ rest: String = "") throws(ClientError) -> String {
        let isName = { (byte: UInt8) in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard !id.isEmpty, id.utf8.count <= 64, id.utf8.allSatisfy(isName) else {
            throw ClientError(
                .invalidBuild, "'\(id)' is not the id of a build", hints: ["'cooperage builds list' shows them"])
        }
        return "/builds/\(id)\(rest)"
    }

    private struct Request: Encodable {
        var build: BuildSubmission
        var secrets: BuildSecrets?
    }

    /// Asks for a build, once: `RemoteBuild` repeats it under the same key.
    /// - Parameter key: the client's own name for the request; repeated, it stands for the same build.
    func create(_ build: BuildSubmission, secrets: BuildSecrets, key: String) async throws -> ServerBuild {
        var call = try Call(.post, "/builds").sending(
            Request(build: build, secrets: secrets.isEmpty ? nil : secrets))
        call.headers["Idempotency-Key"] = key
        return try await value(ServerBuild.self, of: call)
    }

    /// A build.
    public func build(_ id: String) async throws -> ServerBuild {
        try await value(ServerBuild.self, of: Call(.get, path(id)))
    }

    /// Builds, newest first.
    /// - Parameters:
    ///   - states: only those in one of these; empty is all.
    ///   - tag: only those with this name.
    ///   - limit: at most so many.
    public func builds(states: [BuildState] = [], tag: Reference? = nil, limit: Int) async throws -> [ServerBuild] {
        var builds: [ServerBuild] = []
        var cursor: String?
        repeat {
            var call = Call(.get, "/builds")
            call.query = states.map { ("state", $0.rawValue) }
            if let tag { call.query.append(("tag", tag.description)) }
            call.query.append(("limit", "\(min(200, limit - builds.count))"))
            if let cursor { call.query.append(("cursor", cursor)) }
            call.limit = 256 << 20
            let page = try await value(ServerBuildPage.self, of: call)
            builds += page.builds
            cursor = page.builds.isEmpty ? nil : page.nextCursor
        } while cursor != nil && builds.count < limit
        return Array(builds.prefix(limit))
    }

    /// Calls a build off.
    public func cancel(_ id: String) async throws -> ServerBuild {
        try await value(ServerBuild.self, of: Call(.post, path(id, "/cancel")))
    }

    /// Asks for the same again. It is asked once: two askings are two builds.
    /// - Parameter secrets: lent to the new build; what was lent to the first is gone.
    public func retry(_ id: String, secrets: BuildSecrets = BuildSecrets()) async throws -> ServerBuild {
        var call = Call(.post, try path(id, "/retry"))
        if !secrets.isEmpty { call = try call.sending(["secrets": secrets]) }
        return try await once().value(ServerBuild.self, of: call)
    }

    // MARK: What a build hands out

    /// The lock of each platform.
    func locks(of id: String) async throws -> [PlatformLock] {
        var call = Call(.get, try path(id, "/lock"))
        call.limit = 256 << 20
        guard let locks = try await value([String: [PlatformLock]].self, of: call)["locks"] else {
            throw invalid("the build \(id) has locks without their list")
        }
        return locks
    }

    /// What a plan says of the order of layers.
    struct LayerOrder: Decodable {
        struct Base: Decodable { var layers: [Descriptor] }
        struct Layer: Decodable { var title: String }
        var platform: Platform
        var base: Base
        var layers: [Layer]
    }

    /// The plans of a build, as far as they tell the order of its layers.
    func layerOrder(of id: String) async throws -> [LayerOrder] {
        var call = Call(.get, try path(id, "/plan"))
        call.limit = 512 << 20
        return try await value([LayerOrder].self, of: call)
    }

    /// The plans of a build, one for each platform.
    func plans(of id: String) async throws -> [BuildPlan] {
        var call = Call(.get, try path(id, "/plan"))
        call.limit = 512 << 20
        return try await value([BuildPlan].self, of: call)
    }

    /// The log, line by line as it comes.
    public func log(of id: String, write: @escaping @Sendable (_ lines: String) throws -> Void) async throws {
        var call = Call(.get, try path(id, "/logs"))
        call.headers["Accept"] = "text/plain"
        let lines = LineBuffer(write: write)
        let fixed = call
        // Asked once: what was written is not taken back.
        _ = try await once().retrier.run { _ in
            try await attempt(fixed, receive: { _ in { try lines.take($0) } })
        }
        try lines.finish()
    }

    /// A tar of the image's OCI layout, into a file of its own.
    func image(of id: String, to file: ReceivedFile, progress: @escaping TransferProgress) async throws {
        var call = Call(.get, try path(id, "/image"))
        call.headers["Accept"] = "application/x-tar"
        let fixed = call
        try await retrier.run { _ in
            let response = try await attempt(fixed, receive: { _ in try file.sink() }, progress: progress)
            guard let length = response.headers["Content-Length"].flatMap({ Int64($0) }), length != file.count else {
                return
            }
            throw TransferError(.interrupted, "the image ended after \(file.count) of \(length) bytes")
        }
    }

    // MARK: Events

    /// Follows a build to its end, across broken connections and restarts of the server.
    /// - Parameter tell: hears of what happens, each event once and in order; a change of the build's state is a
    ///   notice.
    /// - Returns: the build in its final state.
    public func follow(_ id: String, tell: @Sendable (BuildEvent) throws -> Void) async throws -> ServerBuild {
        let call = Call(.get, try path(id, "/events"))
        var last = ""
        return try await retrier.run { _ in
            var call = call
            call.headers["Accept"] = "text/event-stream"
            if !last.isEmpty { call.headers["Last-Event-ID"] = last }
            let before = last
            do {
                for try await event in stream(call) {
                    if event.kind == "end" { return try ending(event.data) }
                    try deliver(event)
                    if !event.id.isEmpty { last = event.id }
                }
            } catch let error as Attempted {
                throw error
            } catch {
                throw Attempted(error, madeProgress: last != before)
            }
            throw Attempted(
                TransferError(.interrupted, "the stream of events ended before the build"), madeProgress: last != before
            )
        }
        func deliver(_ event: ServerSentEvent) throws {
            if let event = Self.event(event.data) { try tell(event) }
        }
    }

    private func ending(_ data: String) throws -> ServerBuild {
        do {
            return try JSONDecoder().decode(ServerBuild.self, from: Data(data.utf8))
        } catch {
            throw invalid("the end of the build cannot be read", cause: error)
        }
    }

    /// What an event's JSON stands for; nil for what a later server may tell, and for the end, which has its own place.
    static func event(_ json: String) -> BuildEvent? {
        struct Change: Decodable {
            var state: BuildState
            var problem: BuildProblem?
        }
        let data = Data(json.utf8)
        if let event = try? JSONDecoder().decode(BuildEvent.self, from: data) { return event }
        guard let change = try? JSONDecoder().decode(Change.self, from: data) else { return nil }
        switch (change.state, change.problem) {
        case (.queued, let problem?): return .warning("the build is tried again: \(problem.message)")
        case (.queued, nil): return .notice("the build waits for a worker")
        case (.running, _): return .notice("a worker is at the build")
        case (.succeeded, _), (.failed, _), (.cancelled, _): return nil
        }
    }

    /// One connection's events. It ends when the server ends it.
    private func stream(_ call: Call) -> AsyncThrowingStream<ServerSentEvent, any Error> {
        AsyncThrowingStream { continuation in
            let task = Task {
                let buffer = EventBuffer(continuation)
                do {
                    // The server sends a sign of life every 15 seconds.
                    _ = try await attempt(call, receive: { _ in { try buffer.take($0) } }, stall: .seconds(90))
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}

/// Hands a body's events on. One transfer uses it, on the client's thread alone.
private final class EventBuffer: @unchecked Sendable {
    private var parser = ServerSentEventParser()
    private let continuation: AsyncThrowingStream<ServerSentEvent, any Error>.Continuation

    init(_ continuation: AsyncThrowingStream<ServerSentEvent, any Error>.Continuation) {
        self.continuation = continuation
    }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        for event in try parser.take(bytes) { continuation.yield(event) }
    }
}

/// Hands a text on by whole lines, so that no character is cut. One transfer uses it, on the client's thread, and who
/// started that after it.
private final class LineBuffer: @unchecked Sendable {
    private var rest: [UInt8] = []
    private let write: @Sendable (String) throws -> Void

    init(write: @escaping @Sendable (String) throws -> Void) { self.write = write }

    func take(_ bytes: UnsafeRawBufferPointer) throws {
        rest.append(contentsOf: bytes)
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return }
        try write(String(decoding: rest[...end], as: UTF8.self))
        rest.removeSubrange(...end)
    }

    func finish() throws {
        if !rest.isEmpty { try write(String(decoding: rest, as: UTF8.self)) }
        rest = []
    }
}
