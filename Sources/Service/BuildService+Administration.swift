import Diagnostics

extension BuildService {
    // MARK: Projects

    /// A project. The one called `default` exists from the start.
    /// - Throws: `ServiceError` (`not_found`).
    public func project(_ name: String) async throws -> Project {
        if let project = try await store.project(name) { return project }
        guard name == Project.defaultName else { throw ServiceError(.notFound, "there is no project '\(name)'") }
        return Project(name: name)
    }

    /// All projects, sorted by name.
    public func projects() async throws -> [Project] {
        var projects = try await store.projects()
        if !projects.contains(where: { $0.name == Project.defaultName }) {
            projects.append(Project(name: Project.defaultName))
        }
        return projects.sorted { $0.name < $1.name }
    }

    /// Makes a project, or changes what its builds may do.
    public func setProject(_ project: Project, by request: RequestContext) async throws {
        guard Project.isValidName(project.name) else {
            throw ServiceError(
                .invalidRequest, "'\(project.name)' is not the name of a project",
                hints: ["a name is 1 to 63 lower-case letters, digits and dashes"])
        }
        let policy = project.policy
        guard policy.runningLimit >= 1, policy.queuedLimit >= 1, policy.timeoutSeconds >= 1, policy.webhookLimit >= 0,
            policy.deliveryLimit >= 1
        else {
            throw ServiceError(.invalidRequest, "the limits of a project are at least 1, that of its webhooks 0")
        }
        try await store.setProject(project)
        try await audit("project.set", project.name, project: project.name, by: request)
    }

    // MARK: Tokens

    /// A token that was just made. Its secret is told this once.
    public struct NewToken: Sendable {
        /// What is kept of it.
        public var token: APIToken
        /// What its holder sends: `cprg_<id>_<secret>`.
        public var secret: String
    }

    /// Makes a token.
    /// - Parameter expiresIn: nil is never.
    /// - Throws: `ServiceError` (`forbidden`) for more than the caller may do himself.
    public func createToken(
        label: String, role: Role, project: String?, expiresIn: Duration? = nil, by request: RequestContext
    ) async throws -> NewToken {
        try request.caller.require(role)
        if let own = request.caller.project, project != own {
            throw ServiceError(.forbidden, "a token of one project makes tokens of that project alone")
        }
        if let project { _ = try await self.project(project) }
        guard (1...200).contains(label.utf8.count) else {
            throw ServiceError(.invalidRequest, "a token has a label of 1 to 200 characters")
        }
        guard expiresIn.map({ $0 > .zero }) ?? true else {
            throw ServiceError(.invalidRequest, "a token expires in the future, or never")
        }
        let new = try await newToken(label: label, role: role, project: project, expiresIn: expiresIn)
        try await store.addToken(new.token)
        try await audit("token.create", new.token.id, project: project, by: request)
        return new
    }

    /// Makes the first administrator's token, if no token was ever made.
    public func createFirstToken() async throws -> NewToken? {
        let new = try await newToken(label: "first administrator", role: .admin, project: nil, expiresIn: nil)
        return try await store.addFirstToken(new.token) ? new : nil
    }

    private func newToken(label: String, role: Role, project: String?, expiresIn: Duration?) async throws -> NewToken {
        let text = try TokenText()
        let now = try await store.now()
        let token = APIToken(
            id: text.id, label: label, project: project, role: role, secretHash: try text.hash, createdAt: now,
            expiresAt: expiresIn.map { now + $0 })
        return NewToken(token: token, secret: text.text)
    }

    /// The tokens of a project; nil lists all.
    public func tokens(project: String?) async throws -> [APIToken] { try await store.tokens(project: project) }

    /// Takes a token back.
    /// - Parameter project: whose it must be; nil takes any.
    public func revokeToken(_ id: String, project: String?, by request: RequestContext) async throws {
        let token = try await store.token(id)
        guard let token, project == nil || token.project == project, try await store.revokeToken(id) else {
            throw ServiceError(.notFound, "there is no token '\(id)'")
        }
        try await audit("token.revoke", id, project: token.project, by: request)
    }

    // MARK: Credentials

    /// The scopes for which a project has credentials; nil are those that serve all projects.
    public func credentialScopes(project: String?) async throws -> [String] {
        try await store.credentials(project: project).filter { $0.project == project }.map(\.scope).sorted()
    }

    /// Keeps a registry credential, encrypted.
    /// - Parameters:
    ///   - login: the scope is `registry` or `registry/namespace`.
    ///   - project: nil serves all projects.
    public func setCredential(_ login: BuildSecrets.Login, project: String?, by request: RequestContext) async throws {
        let scope = try CredentialScope(login.scope)
        guard !login.username.isEmpty || !login.password.isEmpty else {
            throw ServiceError(.invalidRequest, "a credential has a username and a password")
        }
        let purpose = CredentialBook.purpose(project: project, scope: scope)
        try await store.setCredential(
            SealedCredential(
                project: project, scope: scope.text, sealed: try vault.seal(value: login, for: purpose)))
        try await audit("credential.set", scope.text, project: project, by: request)
    }

    /// Removes a registry credential.
    /// - Throws: `ServiceError` (`not_found`).
    public func removeCredential(scope: String, project: String?, by request: RequestContext) async throws {
        let scope = try CredentialScope(scope)
        guard try await store.removeCredential(project: project, scope: scope.text) else {
            throw ServiceError(.notFound, "there is no credential for '\(scope.text)'")
        }
        try await audit("credential.remove", scope.text, project: project, by: request)
    }

    // MARK: Webhooks

    /// The webhooks of a project.
    public func webhooks(project: String) async throws -> [Webhook] { try await store.webhooks(project: project) }

    /// Adds a webhook.
    /// - Parameters:
    ///   - url: `https`, or plain HTTP to where the server's settings allow it.
    ///   - secret: the key of the signature, at least 16 bytes.
    /// - Throws: `ServiceError` (`conflict`) where the project has as many as its policy allows.
    public func addWebhook(url: String, secret: String, project: String, by request: RequestContext) async throws
        -> Webhook
    {
        try settings.webhooks.check(url)
        guard secret.utf8.count >= 16 else {
            throw ServiceError(
                .invalidRequest, "a webhook's secret has at least 16 characters",
                hints: ["make one with 'openssl rand -hex 32'"])
        }
        let id = hexadecimal(try randomBytes(8))
        let webhook = Webhook(
            id: id, project: project, url: url,
            sealedSecret: try vault.seal(secret.utf8, for: WebhookSender.purpose(id: id, project: project)))
        let limit = try await self.project(project).policy.webhookLimit
        guard try await store.addWebhook(webhook, limit: limit) else {
            throw ServiceError(
                .conflict, "the project '\(project)' has as many webhooks as its policy allows, which is \(limit)",
                hints: ["remove one, or ask for a larger 'webhook_limit' in the project's policy"])
        }
        try await audit("webhook.add", id, project: project, by: request)
        return webhook
    }

    /// Removes a webhook.
    /// - Throws: `ServiceError` (`not_found`).
    public func removeWebhook(_ id: String, project: String, by request: RequestContext) async throws {
        guard try await store.removeWebhook(id, project: project) else {
            throw ServiceError(.notFound, "there is no webhook '\(id)'")
        }
        try await audit("webhook.remove", id, project: project, by: request)
    }

    // MARK: Audit

    /// The newest entries of the audit log; nil lists all projects'.
    public func auditEntries(project: String?, limit: Int = 100) async throws -> [AuditEntry] {
        try await store.auditEntries(project: project, limit: max(1, min(limit, 1000)))
    }
}
