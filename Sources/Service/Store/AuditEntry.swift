/// An entry of the audit log: who did what to what.
public struct AuditEntry: Sendable, Hashable, Codable {
    /// When.
    public var at: ServerTime
    /// Who: a token's id, or `oidc:` and a subject.
    public var actor: String
    /// What was done: `build.create`, `token.revoke`.
    public var action: String
    /// To what: an id or a name, never a secret.
    public var subject: String
    /// In which project; nil is the whole server.
    public var project: String?
    /// By which request.
    public var requestID: String

    /// Takes the parts.
    public init(
        at: ServerTime, actor: String, action: String, subject: String, project: String?, requestID: String
    ) {
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.project = project
        self.requestID = requestID
    }
}
