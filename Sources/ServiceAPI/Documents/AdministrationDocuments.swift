import OCI
import Service

/// A token as it is listed: without its secret, which only the answer to its making has.
struct TokenDocument: Encodable {
    let token: APIToken
    var secret: String?

    private enum CodingKeys: String, CodingKey {
        case id, label, project, role, revoked, secret
        case createdAt = "created_at"
        case expiresAt = "expires_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(token.id, forKey: .id)
        try container.encode(token.label, forKey: .label)
        try container.encodeIfPresent(token.project, forKey: .project)
        try container.encode(token.role, forKey: .role)
        try container.encode(token.isRevoked, forKey: .revoked)
        try container.encode(token.createdAt.rfc3339, forKey: .createdAt)
        try container.encodeIfPresent(token.expiresAt?.rfc3339, forKey: .expiresAt)
        try container.encodeIfPresent(secret, forKey: .secret)
    }
}

/// The body of a request for a token.
struct NewTokenDocument: RequestDocument {
    let label: String
    let role: Role
    let project: String?
    /// Seconds.
    let expiresIn: Int?

    private enum CodingKeys: String, CodingKey {
        case label, role, project
        case expiresIn = "expires_in"
    }

    static let shape = JSONShape.members(["label", "role", "project", "expires_in"])
}

/// A webhook as it is listed: without its secret.
struct WebhookDocument: Encodable {
    let id: String
    let project: String
    let url: String

    init(_ webhook: Webhook) {
        (id, project, url) = (webhook.id, webhook.project, webhook.url)
    }
}

/// The body of a request for a webhook.
struct NewWebhookDocument: RequestDocument {
    let url: String
    let secret: String

    static let shape = JSONShape.members(["url", "secret"])
}

/// An entry of the audit log.
struct AuditDocument: Encodable {
    private let entry: AuditEntry

    init(_ entry: AuditEntry) { self.entry = entry }

    private enum CodingKeys: String, CodingKey {
        case at, actor, action, subject, project
        case requestID = "request_id"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(entry.at.rfc3339, forKey: .at)
        try container.encode(entry.actor, forKey: .actor)
        try container.encode(entry.action, forKey: .action)
        try container.encode(entry.subject, forKey: .subject)
        try container.encodeIfPresent(entry.project, forKey: .project)
        try container.encode(entry.requestID, forKey: .requestID)
    }
}

/// The digests that a request asks about, or an answer names.
struct DigestsDocument: RequestDocument {
    let digests: [Digest]

    static let shape = JSONShape.members(["digests"])
}

/// The body of a request for a project.
struct PolicyDocument: RequestDocument {
    let policy: ProjectPolicy

    init(from decoder: any Decoder) throws { policy = try ProjectPolicy(from: decoder) }

    static let shape = JSONShape.members([
        "targets", "bases", "indexes", "allow_source_builds", "running_limit", "queued_limit", "timeout_seconds",
        "webhook_limit", "delivery_limit",
    ])
}

/// The body of a request to keep a credential.
struct LoginDocument: RequestDocument {
    let login: BuildSecrets.Login

    init(from decoder: any Decoder) throws { login = try BuildSecrets.Login(from: decoder) }

    static let shape = JSONShape.members(["scope", "username", "password"])
}
