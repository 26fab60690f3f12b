import Database
import Diagnostics
public import OCI

extension SQLMetadataStore {
    // MARK: Contexts

    /// Remembers a context, or that it was used now.
    public func setContext(_ digest: Digest, project: String, size: Int64) async throws {
        let sql =
            "INSERT INTO contexts (project, digest, size, used_at) VALUES (?, ?, ?, \(dialect.now))"
            + dialect.upsert(key: ["project", "digest"], setting: ["size", "used_at"])
        try await write { connection in
            try connection.execute(sql, [.text(project), .text(digest.description), .integer(size)])
        }
    }

    /// How long ago a context was used, by the database's clock; nil where the project has none such.
    public func idleTime(ofContext digest: Digest, project: String) async throws -> Duration? {
        try await read { connection in
            let row = try connection.first(
                "SELECT \(dialect.now) - used_at AS idle FROM contexts WHERE project = ? AND digest = ?",
                [.text(project), .text(digest.description)])
            return try row.map { .milliseconds(try $0.integer("idle")) }
        }
    }

    /// Contexts that nobody used since; they are forgotten.
    public func removeContexts(usedBefore time: ServerTime) async throws -> [(project: String, digest: Digest)] {
        try await write { connection in
            let rows = try connection.query(
                "SELECT project, digest FROM contexts WHERE used_at < ?\(dialect.forUpdate)", [time.value])
            try connection.execute("DELETE FROM contexts WHERE used_at < ?", [time.value])
            return try rows.map { (try $0.text("project"), try Digest($0.text("digest"))) }
        }
    }

    // MARK: Webhooks

    private static let webhookColumns =
        "w.id AS id, w.project AS project, w.url AS url, w.sealed_secret AS sealed_secret"

    private static func webhook(_ row: SQLRow) throws -> Webhook {
        Webhook(
            id: try row.text("id"), project: try row.text("project"), url: try row.text("url"),
            sealedSecret: try row.bytes("sealed_secret"))
    }

    /// The webhooks of a project, in the order in which they were added.
    public func webhooks(project: String) async throws -> [Webhook] {
        try await read { connection in
            try connection.query(
                "SELECT \(Self.webhookColumns) FROM webhooks w WHERE w.project = ? ORDER BY w.sequence",
                [.text(project)]
            ).map(Self.webhook)
        }
    }

    /// Adds a webhook, unless the project has so many already. Two that are added at the same moment may be one too many.
    public func addWebhook(_ webhook: Webhook, limit: Int) async throws -> Bool {
        try await write { connection in
            let row = try connection.first(
                "SELECT COUNT(*) AS count FROM webhooks WHERE project = ?", [.text(webhook.project)])
            guard try row?.integer("count") ?? 0 < limit else { return false }
            try connection.execute(
                "INSERT INTO webhooks (id, project, url, sealed_secret) VALUES (?, ?, ?, ?)",
                [.text(webhook.id), .text(webhook.project), .text(webhook.url), .bytes(webhook.sealedSecret)])
            return true
        }
    }

    /// Keeps another encryption of a webhook's secret.
    public func setSealedSecret(_ sealed: [UInt8], ofWebhook id: String) async throws {
        try await write { connection in
            try connection.execute(
                "UPDATE webhooks SET sealed_secret = ? WHERE id = ?", [.bytes(sealed), .text(id)])
        }
    }

    /// Removes a webhook, and what it was still to be told.
    public func removeWebhook(_ id: String, project: String) async throws -> Bool {
        try await write { connection in
            let count = try connection.execute(
                "DELETE FROM webhooks WHERE id = ? AND project = ?", [.text(id), .text(project)])
            guard count > 0 else { return false }
            try connection.execute("DELETE FROM deliveries WHERE webhook = ?", [.text(id)])
            return true
        }
    }

    /// Takes deliveries that are due, and keeps others from them for a while.
    public func claimDeliveries(limit: Int, leaseFor: Duration, excluding projects: Set<String>) async throws
        -> [WebhookDelivery]
    {
        let excluded = projects.sorted()
        // Not a join, whose rows would all be locked.
        let condition =
            excluded.isEmpty
            ? "" : " AND webhook NOT IN (SELECT id FROM webhooks WHERE project IN (\(places(excluded.count))))"
        return try await write { connection in
            let due = try connection.query(
                """
                SELECT id FROM deliveries WHERE due_at <= \(dialect.now)\(condition) ORDER BY due_at, id LIMIT ?\
                \(dialect.forUpdateSkippingLocked)
                """, excluded.map { .text($0) } + [SQLValue(limit)])
            return try due.compactMap { row in
                let id = try row.integer("id")
                try connection.execute(
                    "UPDATE deliveries SET attempts = attempts + 1, due_at = \(dialect.now) + ? WHERE id = ?",
                    [leaseFor.milliseconds, .integer(id)])
                let found = try connection.first(
                    """
                    SELECT d.body AS body, d.attempts AS attempts, \(Self.webhookColumns) FROM deliveries d
                    JOIN webhooks w ON w.id = d.webhook WHERE d.id = ?
                    """, [.integer(id)])
                return try found.map { found in
                    WebhookDelivery(
                        id: id, webhook: try Self.webhook(found), body: try found.text("body"),
                        attempts: Int(try found.integer("attempts")))
                }
            }
        }
    }

    /// Ends a delivery: done, or again after a while; nil gives it up.
    public func endDelivery(_ id: Int64, delivered: Bool, again: Duration?) async throws {
        try await write { connection in
            if !delivered, let again {
                try connection.execute(
                    "UPDATE deliveries SET due_at = \(dialect.now) + ? WHERE id = ?",
                    [again.milliseconds, .integer(id)])
            } else {
                try connection.execute("DELETE FROM deliveries WHERE id = ?", [.integer(id)])
            }
        }
    }

    // MARK: The audit log

    /// Adds an entry; its time is the database's.
    public func audit(actor: String, action: String, subject: String, project: String?, requestID: String) async throws
    {
        try await write { connection in
            try connection.execute(
                """
                INSERT INTO audit (written_at, actor, action, subject, project, request_id)
                VALUES (\(dialect.now), ?, ?, ?, ?, ?)
                """, [.text(actor), .text(action), .text(subject), SQLValue(project), .text(requestID)])
        }
    }

    /// The newest entries.
    public func auditEntries(project: String?, limit: Int) async throws -> [AuditEntry] {
        let condition = project == nil ? "" : "WHERE project = ?"
        let arguments = (project.map { [SQLValue.text($0)] } ?? []) + [SQLValue(limit)]
        return try await read { connection in
            let rows = try connection.query(
                """
                SELECT written_at, actor, action, subject, project, request_id FROM audit \(condition)
                ORDER BY id DESC LIMIT ?
                """, arguments)
            return try rows.map { row in
                AuditEntry(
                    at: try ServerTime(row, "written_at"), actor: try row.text("actor"),
                    action: try row.text("action"), subject: try row.text("subject"),
                    project: try row.optionalText("project"), requestID: try row.text("request_id"))
            }
        }
    }

    // MARK: Duties

    /// Takes a duty on, or keeps it, for a while.
    public func takeDuty(_ name: String, holder: String, for duration: Duration) async throws -> Bool {
        try await write { connection in
            try connection.execute(
                "\(dialect.insertIgnore) INTO duties (name, holder, held_until) VALUES (?, '', 0)", [.text(name)])
            return try connection.execute(
                """
                UPDATE duties SET holder = ?, held_until = \(dialect.now) + ?
                WHERE name = ? AND (holder = ? OR held_until < \(dialect.now))
                """, [.text(holder), duration.milliseconds, .text(name), .text(holder)]) > 0
        }
    }

    /// Gives a duty back, so that the next one need not wait.
    public func leaveDuty(_ name: String, holder: String) async throws {
        try await write { connection in
            try connection.execute(
                "UPDATE duties SET held_until = 0 WHERE name = ? AND holder = ?", [.text(name), .text(holder)])
        }
    }
}
