import Diagnostics
import Dockerfile
import FoundationEssentials
import HTTPTypes
import Hummingbird
import Interface
import OCI
import Service
import ServiceLifecycle
import Spec

extension DockerEngine {
    /// `POST /build`: the body is the context as a tar, the answer what happens in the build.
    func build(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.builder, in: service)
        let query = EngineQuery(request)
        try Self.check(query)
        let names = try query.all("t").map { try Reference($0) }
        for name in names where name.digest != nil {
            throw ServiceError(.invalidRequest, "'\(name)' holds a digest, which an image gets only from its content")
        }
        let platform = try query["platform"].map { try Platform($0) }
        let secrets = try RegistryLogins.all(request.headers)
        let (arguments, labels) = (try query.texts("buildargs"), try query.texts("labels"))
        let content = RequestContent(request, context)
        let limit = service.contexts.limits.size
        if let length = content.declaredLength, length > limit {
            throw ServiceError(.tooLarge, "a context may have \(limit) bytes, and the archive has \(length)")
        }
        let digest = try await service.contexts.receiveArchive(
            project: scope.project, from: PaddedTar(content: content), keepsModes: true)
        let asked = DockerfileBuild(
            context: digest, dockerfile: query["dockerfile"] ?? "Dockerfile", arguments: arguments,
            target: query["target"], platform: platform, labels: labels, usesCache: !query.flag("nocache"),
            pulls: query.flag("pull"))
        let isQuiet = query.flag("q")
        return EngineStream.response { stream in
            let (submitted, remarks) = try await service.submit(
                asked, secrets: secrets, project: scope.project, by: scope.origin)
            if !isQuiet {
                for (number, remark) in remarks.enumerated() {
                    try await stream.write(
                        EngineLine(stream: "Step \(number + 1)/\(remarks.count) : \(remark.instruction)\n"))
                    try await stream.write(
                        EngineLine(stream: " ---> \(remark.kind == .native ? "" : "nothing: ")\(remark.result)\n"))
                }
            }
            var renderer = PlainRenderer()
            let ended = try await follow(submitted.build, context, scope) { event in
                let text = isQuiet ? "" : renderer.render(event, at: 0)
                if !text.isEmpty { try await stream.write(EngineLine(stream: text)) }
            }
            try await service.name(ended, names)
            guard let image = ended.outcome?.imageID else { return }
            try await stream.write(EngineLine(aux: .init(image: image)))
            guard !isQuiet else { return try await stream.write(EngineLine(stream: "\(image)\n")) }
            try await stream.write(EngineLine(stream: "Successfully built \(image.short)\n"))
            for name in names {
                try await stream.write(EngineLine(stream: "Successfully tagged \(name.familiar)\n"))
            }
        }
    }

    /// Refuses what would make another image than the one that is asked for.
    private static func check(_ query: EngineQuery) throws {
        func refuse(_ why: String, _ hint: String) -> ServiceError { ServiceError(.invalidRequest, why, hints: [hint]) }
        if query["version"] == "2" {
            throw refuse("BuildKit's protocol is not spoken", "set DOCKER_BUILDKIT=0")
        }
        if query["remote"] != nil {
            throw refuse("nothing is fetched from 'remote'", "send the context as a tar")
        }
        if query.flag("squash") { throw refuse("layers are not squashed", "leave 'squash' out") }
        if query["outputs"] != nil { throw refuse("'outputs' is BuildKit's", "leave it out") }
    }

    /// Follows a build to its success. When the client goes, the build is called off.
    /// - Throws: `Problem` where it fails.
    func follow(
        _ build: BuildRecord, _ context: APIContext, _ scope: RequestScope,
        _ tell: (BuildEvent) async throws -> Void
    ) async throws -> BuildRecord {
        do {
            let events = try await service.follow(
                build.id, silence: .milliseconds(500), project: scope.project)
            for try await element in events {
                switch element {
                case .event(let event):
                    guard let known = try? JSONDecoder().decode(BuildEvent.self, from: Data(event.json.utf8)) else {
                        continue
                    }
                    try await tell(known)
                case .silence: break
                case .end(let ended): return try Self.succeeded(ended)
                }
                guard context.channel.isActive else { throw ClientGone() }
                if Task.isShuttingDownGracefully {
                    throw Problem(
                        status: 503, code: "unavailable", detail: "the server is stopping",
                        hints: ["ask again: what was made is in the cache"])
                }
            }
            throw Problem(status: 404, code: "not_found", detail: "the build \(build.id) is no longer kept")
        } catch let problem as Problem {
            throw problem
        } catch {
            // Nobody waits for it any more.
            _ = try? await service.cancel(build.id, project: scope.project, by: scope.origin)
            throw error
        }
    }

    private struct ClientGone: EngineEnd {}

    private static func succeeded(_ build: BuildRecord) throws -> BuildRecord {
        switch (build.state, build.problem) {
        case (.succeeded, _): return build
        case (_, let problem?):
            throw Problem(
                status: problem.isRequestsFault ? 422 : 502, code: problem.code, detail: problem.message,
                context: problem.context, hints: problem.hints)
        default:
            throw Problem(
                status: 409, code: "conflict", detail: "the build \(build.id) is \(build.state.rawValue)")
        }
    }
}
