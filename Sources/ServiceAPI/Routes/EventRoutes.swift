import Diagnostics
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Interface
import OCI
import Service
import ServiceLifecycle
import Spec

/// What happens in a build: `/builds/{id}/events` as a stream of server-sent events, `/builds/{id}/logs` as text.
struct EventRoutes {
    let service: BuildService
    /// How long a stream is silent before a comment keeps proxies from ending it.
    let heartbeat: Duration
    /// How long it takes an open stream to see that the server stops.
    private static let pause = Duration.milliseconds(500)

    func add(to group: RouterGroup<APIContext>) {
        group.get("/builds/{id}/events", use: events)
        group.get("/builds/{id}/logs", use: logs)
    }

    @Sendable private func events(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try context.scope(.reader)
        let last = try lastEvent(request)
        let sequence = try await service.follow(
            context.buildID(), after: last, silence: Self.pause, project: scope.visible)
        let heartbeat = heartbeat
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                // Clients and proxies learn at once that the stream is open, and when to come again should it end early.
                try await writer.write(ByteBuffer(string: "retry: 1000\n\n"))
                var written = ContinuousClock.now
                for try await element in sequence {
                    // Another process goes on from the last event that the client has.
                    if Task.isShuttingDownGracefully { break }
                    if element == .silence, written.duration(to: .now) < heartbeat { continue }
                    written = .now
                    switch element {
                    case .silence: try await writer.write(ByteBuffer(string: ": alive\n\n"))
                    case .event(let event): try await writer.write(ByteBuffer(string: ServerSentEvent(event).text))
                    case .end(let build):
                        let data = String(decoding: try JSONAnswer.encode(BuildDocument(build)), as: UTF8.self)
                        try await writer.write(ByteBuffer(string: ServerSentEvent(kind: "end", data: data).text))
                    }
                }
                try await writer.finish(nil)
            })
    }

    /// The number of the last event that the client has.
    private func lastEvent(_ request: Request) throws -> Int64 {
        let numbers = try [request.headers[.lastEventID], Query(request)["after"]].compactMap(\.self).map { text in
            guard let number = Int64(text), number >= 0 else {
                throw ServiceError(.invalidRequest, "'\(text)' is not the number of an event")
            }
            return number
        }
        // A client that came by a link goes on by itself, with the field.
        return numbers.first ?? 0
    }

    @Sendable private func logs(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try context.scope(.reader)
        let id = try context.buildID()
        let build = try await service.build(id, project: scope.visible)
        let service = service
        return Response(
            status: .ok, headers: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
            body: ResponseBody { writer in
                var log = EventLog(startedAt: build.createdAt)
                var last: Int64 = 0
                while true {
                    let events = try await service.events(of: id, after: last, project: scope.visible)
                    guard let end = events.last else { break }
                    last = end.number
                    let text = events.map { log.lines(of: $0) }.joined()
                    if !text.isEmpty { try await writer.write(ByteBuffer(string: text)) }
                }
                try await writer.finish(nil)
            })
    }
}

/// One event in the form of the HTML standard, "Server-sent events".
struct ServerSentEvent {
    let text: String

    init(kind: String, data: String, id: Int64? = nil) {
        // JSON of ours has no line breaks; a stored text that had one would end the event early.
        let data = data.split(separator: "\n", omittingEmptySubsequences: false).map { "data: \($0)\n" }.joined()
        text = "\(id.map { "id: \($0)\n" } ?? "")event: \(kind)\n\(data)\n"
    }

    init(_ event: StoredEvent) {
        self.init(kind: Self.kind(of: event.json), data: event.json, id: event.number)
    }

    private static func kind(of json: String) -> String {
        struct Kind: Decodable { var event: String }
        return (try? JSONDecoder().decode(Kind.self, from: Data(json.utf8)))?.event ?? "event"
    }
}

/// Events as lines for people.
struct EventLog {
    private let startedAt: ServerTime
    private var renderer = PlainRenderer()

    init(startedAt: ServerTime) { self.startedAt = startedAt }

    mutating func lines(of event: StoredEvent) -> String {
        let data = Data(event.json.utf8)
        if let known = try? JSONDecoder().decode(BuildEvent.self, from: data) {
            return renderer.render(known, at: Double(event.at.milliseconds - startedAt.milliseconds) / 1000)
        }
        struct Change: Decodable {
            var state: BuildState
            var problem: BuildProblem?
        }
        guard let change = try? JSONDecoder().decode(Change.self, from: data) else { return "" }
        var text = "\(event.at.rfc3339) \(change.state.rawValue)\n"
        if let problem = change.problem {
            text += "error: \(problem.message)\n" + problem.context.map { "  at \($0)\n" }.joined()
            text += problem.hints.map { "hint: \($0)\n" }.joined()
        }
        return text
    }
}
