import Diagnostics
import HTTPTypes
import Hummingbird
import Service

/// What administrators change: projects, tokens, credentials, webhooks; and what they look at: the audit log.
struct AdministrationRoutes {
    let service: BuildService

    func add(to group: RouterGroup<APIContext>) {
        addProjects(to: group)
        addTokens(to: group)
        addCredentials(to: group)
        addWebhooks(to: group)
        group.get("/audit") { request, context in
            let scope = try context.scope(.admin)
            let everything = context.namedProject == nil && scope.visible == nil
            let limit = try Query(request).limit(1000) ?? 100
            let entries = try await service.auditEntries(project: everything ? nil : scope.project, limit: limit)
            return try JSONAnswer.response(["entries": entries.map { AuditDocument($0) }])
        }
    }

    private func addProjects(to group: RouterGroup<APIContext>) {
        group.get("/projects") { _, context in
            let scope = try context.scope(.reader)
            let all = try await service.projects()
            return try JSONAnswer.response(
                ["projects": all.filter { scope.visible == nil || $0.name == scope.visible }])
        }
        group.get("/projects/{name}") { _, context in
            let scope = try context.scope(.reader)
            let name = try context.parameter("name")
            guard scope.visible == nil || scope.visible == name else {
                throw ServiceError(.notFound, "there is no project '\(name)'")
            }
            return try JSONAnswer.response(try await service.project(name))
        }
        group.put("/projects/{name}") { request, context in
            let origin = try context.administratorScope()
            let policy = try await JSONRequest.decode(PolicyDocument.self, from: request, in: context).policy
            guard policy.runningLimit <= 10_000, policy.queuedLimit <= 10_000_000, policy.timeoutSeconds <= 604_800
            else {
                throw ServiceError(
                    .invalidRequest,
                    "a project runs at most 10000 builds, 10000000 wait, and one takes at most 604800 seconds")
            }
            guard policy.webhookLimit <= 1000, policy.deliveryLimit <= 100_000 else {
                throw ServiceError(
                    .invalidRequest,
                    "a project has at most 1000 webhooks, and at most 100000 messages wait for one of them")
            }
            let project = Project(name: try context.parameter("name"), policy: policy)
            try await service.setProject(project, by: origin)
            return try JSONAnswer.response(project)
        }
    }

    private func addTokens(to group: RouterGroup<APIContext>) {
        group.get("/tokens") { _, context in
            let scope = try context.scope(.admin)
            let everything = context.namedProject == nil && scope.visible == nil
            let tokens = try await service.tokens(project: everything ? nil : scope.project)
            return try JSONAnswer.response(["tokens": tokens.map { TokenDocument(token: $0) }])
        }
        group.post("/tokens") { request, context in
            let scope = try context.scope(.admin)
            let asked = try await JSONRequest.decode(NewTokenDocument.self, from: request, in: context)
            // A hundred years.
            guard asked.expiresIn.map({ $0 <= 3_155_760_000 }) ?? true else {
                throw ServiceError(
                    .invalidRequest, "'expires_in' is more than a century",
                    hints: ["leave it out for a token without end"])
            }
            let new = try await service.createToken(
                label: asked.label, role: asked.role, project: asked.project ?? scope.visible,
                expiresIn: asked.expiresIn.map { .seconds($0) }, by: scope.origin)
            return try JSONAnswer.response(TokenDocument(token: new.token, secret: new.secret), status: .created)
        }
        group.delete("/tokens/{id}") { _, context in
            let scope = try context.scope(.admin)
            try await service.revokeToken(context.parameter("id"), project: scope.visible, by: scope.origin)
            return Response(status: .noContent)
        }
    }

    private func addCredentials(to group: RouterGroup<APIContext>) {
        group.get("/credentials") { request, context in
            let (project, _) = try await credentialScope(request, context)
            return try JSONAnswer.response(["scopes": try await service.credentialScopes(project: project)])
        }
        group.put("/credentials") { request, context in
            let (project, origin) = try await credentialScope(request, context)
            let login = try await JSONRequest.decode(LoginDocument.self, from: request, in: context).login
            try await service.setCredential(login, project: project, by: origin)
            return Response(status: .noContent)
        }
        group.delete("/credentials") { request, context in
            let (project, origin) = try await credentialScope(request, context)
            guard let name = Query(request)["scope"] else {
                throw ServiceError(.invalidRequest, "the query names no 'scope'")
            }
            try await service.removeCredential(scope: name, project: project, by: origin)
            return Response(status: .noContent)
        }
    }

    /// Whose credentials a request is about: a project's, or by `all_projects=true` those that serve every project.
    @Sendable private func credentialScope(_ request: Request, _ context: APIContext) async throws -> (
        project: String?, origin: RequestOrigin
    ) {
        if try Query(request).flag("all_projects") { return (nil, try context.administratorScope()) }
        let scope = try await context.scope(.admin, in: service)
        return (scope.project, scope.origin)
    }

    private func addWebhooks(to group: RouterGroup<APIContext>) {
        group.get("/webhooks") { _, context in
            let scope = try await context.scope(.admin, in: service)
            let webhooks = try await service.webhooks(project: scope.project)
            return try JSONAnswer.response(["webhooks": webhooks.map { WebhookDocument($0) }])
        }
        group.post("/webhooks") { request, context in
            let scope = try await context.scope(.admin, in: service)
            let asked = try await JSONRequest.decode(NewWebhookDocument.self, from: request, in: context)
            let webhook = try await service.addWebhook(
                url: asked.url, secret: asked.secret, project: scope.project, by: scope.origin)
            return try JSONAnswer.response(WebhookDocument(webhook), status: .created)
        }
        group.delete("/webhooks/{id}") { _, context in
            let scope = try context.scope(.admin)
            try await service.removeWebhook(
                context.parameter("id"), project: scope.project, by: scope.origin)
            return Response(status: .noContent)
        }
    }
}
