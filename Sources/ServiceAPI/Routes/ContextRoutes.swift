import Content
import Diagnostics
import HTTPTypes
import Hummingbird
import OCI
import Service

/// `/contexts`: what a client has to upload, and the uploads.
struct ContextRoutes {
    let service: BuildService

    /// A manifest of 200,000 files with long paths.
    private static let manifestLimit = 128 << 20

    func add(to group: RouterGroup<APIContext>) {
        group.post("/contexts/missing", use: missing)
        group.put("/contexts/blobs/{digest}", use: upload)
        group.post("/contexts", use: commit)
        group.post("/contexts/archive", use: archive)
    }

    @Sendable private func missing(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.builder, in: service)
        let asked = try await JSONRequest.decode(
            DigestsDocument.self, from: request, in: context, limit: Self.manifestLimit)
        let contexts = service.contexts
        let missing = try await blocking { try contexts.missing(asked.digests, project: scope.project) }
        return try JSONAnswer.response(["missing": missing])
    }

    @Sendable private func upload(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.builder, in: service)
        let digest = try Digest(context.parameter("digest"))
        guard digest.algorithm == .sha256 else {
            throw ServiceError(.invalidRequest, "'\(digest)' is not a sha256 digest")
        }
        let content = RequestContent(request, context)
        if try service.contexts.missing([digest], project: scope.project).isEmpty {
            return try JSONAnswer.response(["digest": digest])
        }
        let limit = service.contexts.limits.fileSize
        if let length = content.declaredLength, length > limit {
            throw ServiceError(.tooLarge, "a file of \(length) bytes is longer than the \(limit) that it may have")
        }
        try await service.contexts.receive(digest, project: scope.project, from: content)
        return try JSONAnswer.response(["digest": digest], status: .created)
    }

    @Sendable private func commit(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.builder, in: service)
        let manifest = try await JSONRequest.decode(
            ContextDocument.self, from: request, in: context, limit: Self.manifestLimit
        ).manifest
        let digest = try await service.contexts.commit(manifest, project: scope.project)
        return try JSONAnswer.response(["digest": digest], status: .created)
    }

    @Sendable private func archive(_ request: Request, _ context: APIContext) async throws -> Response {
        let scope = try await context.scope(.builder, in: service)
        let content = RequestContent(request, context)
        let limit = service.contexts.limits.size
        if let length = content.declaredLength, length > limit {
            throw ServiceError(.tooLarge, "a context may have \(limit) bytes, and the archive has \(length)")
        }
        let digest = try await service.contexts.receiveArchive(project: scope.project, from: content)
        return try JSONAnswer.response(["digest": digest], status: .created)
    }
}
