import Database

/// The tables of the service, step by step. Times are milliseconds since 1970 by the database's clock.
enum Schema {
    static let migrations = [Migration(version: 1, statements: first)]

    @Sendable private static func first(_ dialect: SQLDialect) -> [String] {
        let tables = [
            builds, buildTags, events, projects, tokens, credentials, contexts, images, webhooks, deliveries, audit,
            duties,
        ]
        return tables.flatMap { $0.statements(dialect) } + [
            // Locked by whoever accepts or takes builds: these see the queue one after the other.
            "\(dialect.insertIgnore) INTO duties (name, holder, held_until) VALUES ('\(queueLock)', '', 0)"
        ]
    }

    /// The duty whose row is the queue's lock.
    static let queueLock = "queue"

    private static let builds = Table(
        "builds",
        [
            .init("sequence", .sequence), .init("id", .key(36)), .init("project", .key(63)),
            .init("requested_by", .text), .init("submission", .text), .init("share_key", .key(80)),
            .init("idempotency_key", .key(255), optional: true), .init("secrets", .bytes, optional: true),
            .init("state", .key(16)), .init("cancel_requested", .integer), .init("attempts", .integer),
            .init("created_at", .integer), .init("started_at", .integer, optional: true),
            .init("finished_at", .integer, optional: true), .init("not_before", .integer), .init("fence", .integer),
            .init("lease_until", .integer, optional: true), .init("worker", .text, optional: true),
            .init("outcome", .text, optional: true), .init("problem", .text, optional: true),
            .init("event_count", .integer),
        ],
        unique: [["id"], ["project", "idempotency_key"]],
        indexes: [
            ["state", "sequence"], ["project", "sequence"], ["project", "share_key", "state"], ["finished_at"],
        ])

    /// The names that a build gives its image; `is_active` as long as the build has not ended.
    private static let buildTags = Table(
        "build_tags",
        [.init("build", .integer), .init("tag", .key(512)), .init("is_active", .integer)],
        primaryKey: ["build", "tag"], indexes: [["tag", "is_active", "build"]])

    private static let events = Table(
        "events",
        [.init("build", .integer), .init("number", .integer), .init("written_at", .integer), .init("body", .text)],
        primaryKey: ["build", "number"])

    private static let projects = Table(
        "projects",
        [
            .init("name", .key(63)), .init("policy", .text), .init("running_limit", .integer),
            .init("queued_limit", .integer),
        ],
        primaryKey: ["name"])

    private static let tokens = Table(
        "tokens",
        [
            .init("id", .key(64)), .init("label", .text), .init("project", .key(63), optional: true),
            .init("role", .key(16)), .init("secret_hash", .key(128)), .init("created_at", .integer),
            .init("expires_at", .integer, optional: true), .init("is_revoked", .integer),
        ],
        primaryKey: ["id"], indexes: [["project"]])

    /// An empty project is all of them.
    private static let credentials = Table(
        "credentials", [.init("project", .key(63)), .init("scope", .key(512)), .init("sealed", .bytes)],
        primaryKey: ["project", "scope"])

    private static let contexts = Table(
        "contexts",
        [.init("project", .key(63)), .init("digest", .key(80)), .init("size", .integer), .init("used_at", .integer)],
        primaryKey: ["project", "digest"], indexes: [["used_at"]])

    /// Names of images, and the documents of each.
    private static let images = Table(
        "images",
        [
            .init("sequence", .sequence), .init("project", .key(63)), .init("name", .key(512)),
            .init("image_id", .key(80)), .init("build", .key(36)), .init("documents", .text),
            .init("named_at", .integer),
        ],
        unique: [["project", "name"]], indexes: [["build"]])

    private static let webhooks = Table(
        "webhooks",
        [
            .init("sequence", .sequence), .init("id", .key(64)), .init("project", .key(63)), .init("url", .text),
            .init("sealed_secret", .bytes),
        ],
        unique: [["id"]], indexes: [["project"]])

    private static let deliveries = Table(
        "deliveries",
        [
            .init("id", .sequence), .init("webhook", .key(64)), .init("body", .text), .init("attempts", .integer),
            .init("due_at", .integer),
        ],
        indexes: [["due_at"], ["webhook"]])

    private static let audit = Table(
        "audit",
        [
            .init("id", .sequence), .init("written_at", .integer), .init("actor", .text), .init("action", .text),
            .init("subject", .text), .init("project", .key(63), optional: true), .init("request_id", .text),
        ],
        indexes: [["project", "id"]])

    private static let duties = Table(
        "duties", [.init("name", .key(64)), .init("holder", .text), .init("held_until", .integer)],
        primaryKey: ["name"])
}
