import Database
import Diagnostics
import FoundationEssentials
import OCI

extension SQLMetadataStore {
    /// Accepts a build.
    public func accept(_ build: NewBuild) async throws -> AcceptedBuild {
        let submission = try BuildRow.encode(build.submission)
        return try await write { connection in
            try lockQueue(connection)
            if let key = build.idempotencyKey, let earlier = try self.build(connection, key: key, of: build.project) {
                return earlier.submission == build.submission ? .repeated(earlier) : .keyInUse(earlier)
            }
            let limit = try queuedLimit(connection, build.project)
            let waiting = try connection.first(
                "SELECT COUNT(*) AS count FROM builds WHERE state = 'queued' AND project = ?", [.text(build.project)])
            guard try waiting?.integer("count") ?? 0 < limit else { return .queueFull(limit: limit) }
            let now = try Self.now(connection, dialect)
            let id = UUID().uuidString.lowercased()
            try connection.execute(
                """
                INSERT INTO builds (id, project, requested_by, submission, share_key, idempotency_key, secrets, state,
                    cancel_requested, attempts, created_at, not_before, fence, event_count)
                VALUES (?, ?, ?, ?, ?, ?, ?, 'queued', 0, 0, ?, ?, 0, 0)
                """,
                [
                    .text(id), .text(build.project), .text(build.requestedBy), .text(submission),
                    .text(build.shareKey.description), SQLValue(build.idempotencyKey), SQLValue(build.sealedSecrets),
                    now.value, now.value,
                ])
            let sequence = connection.lastInsertedID
            for tag in Set(build.submission.tags.map(\.tagged)) {
                try connection.execute(
                    "INSERT INTO build_tags (build, tag, is_active) VALUES (?, ?, ?)",
                    [.integer(sequence), .text(tag), SQLValue(build.submission.pushes)])
            }
            guard let record = try self.build(connection, sequence) else {
                throw ServiceError(.databaseFailed, "the build \(id) was written and is not there")
            }
            try tell(connection, of: record)
            return .created(record)
        }
    }

    /// A build by its id.
    public func build(_ id: String) async throws -> BuildRecord? {
        try await read { try build($0, id: id) }
    }

    /// Builds, newest first.
    public func builds(_ filter: BuildFilter) async throws -> [BuildRecord] {
        var conditions: [String] = []
        var arguments: [SQLValue] = []
        if let projects = filter.projects {
            guard !projects.isEmpty else { return [] }
            conditions.append("project IN (\(places(projects.count)))")
            arguments += projects.map { .text($0) }
        }
        if !filter.states.isEmpty {
            conditions.append("state IN (\(places(filter.states.count)))")
            arguments += filter.states.map { .text($0.rawValue) }
        }
        if let tag = filter.tag {
            conditions.append("sequence IN (SELECT build FROM build_tags WHERE tag = ?)")
            arguments.append(.text((try? Reference(tag))?.tagged ?? tag))
        }
        if let before = filter.before {
            conditions.append("sequence < ?")
            arguments.append(.integer(before))
        }
        let condition = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND "))"
        arguments.append(SQLValue(filter.limit))
        let sql = "SELECT \(BuildRow.columns) FROM builds \(condition) ORDER BY sequence DESC LIMIT ?"
        return try await read { [arguments] in try $0.query(sql, arguments).map(BuildRow.record) }
    }

    /// How many builds of each project are in each state that is not final.
    public func activeCounts() async throws -> [(project: String, state: BuildState, count: Int)] {
        try await read { connection in
            let rows = try connection.query(
                """
                SELECT project, state, COUNT(*) AS count FROM builds WHERE state IN ('queued', 'running')
                GROUP BY project, state ORDER BY project, state
                """, [])
            return try rows.compactMap { row in
                try BuildState(rawValue: row.text("state")).map {
                    (try row.text("project"), $0, Int(try row.integer("count")))
                }
            }
        }
    }

    /// When the build that runs longest was first begun.
    public func oldestRunningStart() async throws -> ServerTime? {
        try await read { connection in
            let row = try connection.first("SELECT MIN(started_at) AS moment FROM builds WHERE state = 'running'")
            return try row.flatMap { try .optional($0, "moment") }
        }
    }

    /// Asks for a build's end.
    public func requestCancellation(_ id: String) async throws -> BuildRecord? {
        try await write { connection in
            try lockQueue(connection)
            guard let found = try build(connection, id: id) else { return nil }
            switch found.state {
            case .queued:
                try connection.execute(
                    "UPDATE builds SET cancel_requested = 1 WHERE sequence = ?", [.integer(found.sequence)])
                try finish(connection, found.sequence, .cancelled)
            case .running:
                try connection.execute(
                    "UPDATE builds SET cancel_requested = 1 WHERE sequence = ?", [.integer(found.sequence)])
            case .succeeded, .failed, .cancelled: break
            }
            return try build(connection, found.sequence)
        }
    }

    /// Removes builds that ended before, with their events.
    public func removeBuilds(endedBefore time: ServerTime, limit: Int) async throws -> [String] {
        try await write { connection in
            let rows = try connection.query(
                "SELECT sequence, id FROM builds WHERE finished_at < ? ORDER BY finished_at LIMIT ?",
                [time.value, SQLValue(limit)])
            for row in rows {
                let sequence = SQLValue(try row.integer("sequence"))
                try connection.execute("DELETE FROM events WHERE build = ?", [sequence])
                try connection.execute("DELETE FROM build_tags WHERE build = ?", [sequence])
                try connection.execute("DELETE FROM images WHERE build = ?", [.text(try row.text("id"))])
                try connection.execute("DELETE FROM builds WHERE sequence = ?", [sequence])
            }
            return try rows.map { try $0.text("id") }
        }
    }

    // MARK: Within a transaction

    func build(_ connection: any SQLConnection, id: String) throws -> BuildRecord? {
        try connection.first("SELECT \(BuildRow.columns) FROM builds WHERE id = ?", [.text(id)])
            .map(BuildRow.record)
    }

    func build(_ connection: any SQLConnection, _ sequence: Int64) throws -> BuildRecord? {
        try connection.first("SELECT \(BuildRow.columns) FROM builds WHERE sequence = ?", [.integer(sequence)])
            .map(BuildRow.record)
    }

    private func build(_ connection: any SQLConnection, key: String, of project: String) throws -> BuildRecord? {
        try connection.first(
            "SELECT \(BuildRow.columns) FROM builds WHERE project = ? AND idempotency_key = ?",
            [.text(project), .text(key)]
        ).map(BuildRow.record)
    }

    private func queuedLimit(_ connection: any SQLConnection, _ project: String) throws -> Int {
        let row = try connection.first("SELECT queued_limit FROM projects WHERE name = ?", [.text(project)])
        return try row.map { Int(try $0.integer("queued_limit")) } ?? ProjectPolicy().queuedLimit
    }

    /// Ends a build for good.
    func finish(
        _ connection: any SQLConnection, _ sequence: Int64, _ state: BuildState, outcome: BuildOutcome? = nil,
        problem: BuildProblem? = nil
    ) throws {
        try connection.execute(
            """
            UPDATE builds SET state = ?, outcome = ?, problem = ?, finished_at = \(dialect.now), lease_until = NULL,
                secrets = NULL WHERE sequence = ?
            """,
            [
                .text(state.rawValue), SQLValue(try outcome.map { try BuildRow.encode($0) }),
                SQLValue(try problem.map { try BuildRow.encode($0) }), .integer(sequence),
            ])
        try connection.execute("UPDATE build_tags SET is_active = 0 WHERE build = ?", [.integer(sequence)])
        if let record = try build(connection, sequence) { try tell(connection, of: record, problem: problem) }
    }

    /// Writes a build's new state among its events, and what its project's webhooks are to be told.
    func tell(_ connection: any SQLConnection, of build: BuildRecord, problem: BuildProblem? = nil) throws {
        let change = BuildStateChange(build, problem: problem)
        _ = try append(connection, [try BuildRow.encode(change.event)], to: build.sequence)
        let hooks = try connection.query("SELECT id FROM webhooks WHERE project = ?", [.text(build.project)])
        guard !hooks.isEmpty else { return }
        let limit = try deliveryLimit(connection, build.project)
        let body = try BuildRow.encode(change)
        for hook in hooks {
            let id = SQLValue.text(try hook.text("id"))
            let waiting = try connection.first("SELECT COUNT(*) AS count FROM deliveries WHERE webhook = ?", [id])
            // A receiver that stays down for long is not told everything: the queue has an end.
            guard try waiting?.integer("count") ?? 0 < limit else { continue }
            try connection.execute(
                "INSERT INTO deliveries (webhook, body, attempts, due_at) VALUES (?, ?, 0, \(dialect.now))",
                [id, .text(body)])
        }
    }

    private func deliveryLimit(_ connection: any SQLConnection, _ project: String) throws -> Int {
        let row = try connection.first("SELECT policy FROM projects WHERE name = ?", [.text(project)])
        let policy = try row.map { try BuildRow.decode(ProjectPolicy.self, $0.text("policy")) }
        return (policy ?? ProjectPolicy()).deliveryLimit
    }
}
