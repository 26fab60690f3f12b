import Database
import Diagnostics

extension SQLMetadataStore {
    /// Gives a worker the next build, or nil.
    public func claim(worker: String, leaseFor: Duration, attemptLimit: Int) async throws -> Lease? {
        // Workers without work look often, and need not keep each other from looking.
        guard try await read(mayHaveWork) else { return nil }
        return try await write { connection in
            try lockQueue(connection)
            let now = try Self.now(connection, dialect)
            try endAbandoned(connection, now, attemptLimit: attemptLimit)
            for sequence in try candidates(connection, now) {
                if let lease = try take(connection, sequence, for: worker, until: now + leaseFor, now) { return lease }
            }
            return nil
        }
    }

    @Sendable private func mayHaveWork(_ connection: any SQLConnection) throws -> Bool {
        try connection.first(
            """
            SELECT 1 AS found FROM builds
            WHERE (state = 'queued' AND not_before <= \(dialect.now))
                OR (state = 'running' AND lease_until < \(dialect.now)) LIMIT 1
            """) != nil
    }

    /// Builds whose workers died too often, or died when they were to be called off.
    private func endAbandoned(_ connection: any SQLConnection, _ now: ServerTime, attemptLimit: Int) throws {
        let rows = try connection.query(
            """
            SELECT sequence, cancel_requested, attempts FROM builds
            WHERE state = 'running' AND lease_until < ? AND (cancel_requested = 1 OR attempts >= ?)
            """, [now.value, SQLValue(attemptLimit)])
        for row in rows {
            let sequence = try row.integer("sequence")
            if try row.flag("cancel_requested") {
                try finish(connection, sequence, .cancelled)
            } else {
                let attempts = try row.integer("attempts")
                let problem = BuildProblem(
                    ServiceError(
                        .abandoned, "the build was begun \(attempts) times, and each time its worker died",
                        hints: ["the server's log tells why; retry the build when that is mended"]))
                try finish(connection, sequence, .failed, problem: problem)
            }
        }
    }

    /// Those that may begin, the one whose turn it is first.
    private func candidates(_ connection: any SQLConnection, _ now: ServerTime) throws -> [Int64] {
        let rows = try connection.query(
            """
            SELECT b.sequence AS sequence FROM builds b
            LEFT JOIN projects p ON p.name = b.project
            LEFT JOIN (
                SELECT project, COUNT(*) AS count FROM builds WHERE state = 'running' AND lease_until >= ?
                GROUP BY project
            ) r ON r.project = b.project
            WHERE ((b.state = 'queued' AND b.not_before <= ?) OR (b.state = 'running' AND b.lease_until < ?))
                AND COALESCE(r.count, 0) < COALESCE(p.running_limit, ?)
                AND NOT EXISTS (
                    SELECT 1 FROM builds e WHERE e.project = b.project AND e.share_key = b.share_key
                        AND e.state = 'running' AND e.lease_until >= ? AND e.sequence <> b.sequence)
                AND NOT EXISTS (
                    SELECT 1 FROM build_tags t JOIN build_tags u ON u.tag = t.tag
                    WHERE t.build = b.sequence AND t.is_active = 1 AND u.is_active = 1 AND u.build < b.sequence)
            ORDER BY COALESCE(r.count, 0), b.sequence LIMIT 8
            """,
            [now.value, now.value, now.value, SQLValue(ProjectPolicy().runningLimit), now.value])
        return try rows.map { try $0.integer("sequence") }
    }

    /// Takes a build, unless somebody else writes to it just now.
    private func take(
        _ connection: any SQLConnection, _ sequence: Int64, for worker: String, until: ServerTime, _ now: ServerTime
    ) throws -> Lease? {
        let row = try connection.first(
            """
            SELECT secrets, fence FROM builds
            WHERE sequence = ? AND (state = 'queued' OR (state = 'running' AND lease_until < ?))\
            \(dialect.forUpdateSkippingLocked)
            """, [.integer(sequence), now.value])
        guard let row else { return nil }
        try connection.execute(
            """
            UPDATE builds SET state = 'running', attempts = attempts + 1, fence = fence + 1, worker = ?,
                started_at = COALESCE(started_at, ?), lease_until = ? WHERE sequence = ?
            """, [.text(worker), now.value, until.value, .integer(sequence)])
        guard let record = try build(connection, sequence) else { return nil }
        try tell(connection, of: record)
        return Lease(build: record, fence: record.fence, sealedSecrets: try row.optionalBytes("secrets"))
    }

    /// Renews a lease.
    public func heartbeat(_ lease: Lease, leaseFor: Duration) async throws -> LeaseState {
        try await write { connection in
            let count = try connection.execute(
                """
                UPDATE builds SET lease_until = \(dialect.now) + ?
                WHERE sequence = ? AND fence = ? AND state = 'running'
                """, [leaseFor.milliseconds, .integer(lease.build.sequence), .integer(lease.fence)])
            guard count > 0 else { return .lost }
            let row = try connection.first(
                "SELECT cancel_requested FROM builds WHERE sequence = ?", [.integer(lease.build.sequence)])
            return try row?.flag("cancel_requested") == true ? .cancelRequested : .held
        }
    }

    /// Ends an attempt, if the lease still holds.
    public func end(_ lease: Lease, _ end: AttemptEnd) async throws -> Bool {
        try await write { connection in
            let sequence = lease.build.sequence
            guard let held = try held(connection, lease) else { return false }
            switch end {
            case .succeeded(let outcome): try finish(connection, sequence, .succeeded, outcome: outcome)
            case .failed(let problem): try finish(connection, sequence, .failed, problem: problem)
            case .cancelled: try finish(connection, sequence, .cancelled)
            case .again(let problem, _, let limit) where held.attempts >= limit:
                try finish(connection, sequence, .failed, problem: problem)
            case .again(let problem, let delay, _):
                try requeue(connection, held, attempts: held.attempts, after: delay, problem: problem)
            case .handedBack:
                try requeue(connection, held, attempts: max(0, held.attempts - 1), after: .zero, problem: nil)
            }
            return true
        }
    }

    private func requeue(
        _ connection: any SQLConnection, _ build: BuildRecord, attempts: Int, after delay: Duration,
        problem: BuildProblem?
    ) throws {
        try connection.execute(
            """
            UPDATE builds SET state = 'queued', attempts = ?, not_before = \(dialect.now) + ?, lease_until = NULL
            WHERE sequence = ?
            """, [SQLValue(attempts), delay.milliseconds, .integer(build.sequence)])
        if let record = try self.build(connection, build.sequence) {
            try tell(connection, of: record, problem: problem)
        }
    }

    /// The build of a lease that still holds, locked.
    private func held(_ connection: any SQLConnection, _ lease: Lease) throws -> BuildRecord? {
        try connection.first(
            """
            SELECT \(BuildRow.columns) FROM builds WHERE sequence = ? AND fence = ? AND state = 'running'\
            \(dialect.forUpdate)
            """, [.integer(lease.build.sequence), .integer(lease.fence)]
        ).map(BuildRow.record)
    }

    // MARK: Events

    /// Adds events of a running build, if the lease still holds.
    public func append(_ events: [String], lease: Lease) async throws -> Int64? {
        try await write { connection in
            guard try held(connection, lease) != nil else { return nil }
            return try append(connection, events, to: lease.build.sequence)
        }
    }

    func append(_ connection: any SQLConnection, _ events: [String], to sequence: Int64) throws -> Int64 {
        // The update locks the row, so that no two writers give out one number.
        try connection.execute(
            "UPDATE builds SET event_count = event_count + ? WHERE sequence = ?",
            [SQLValue(events.count), .integer(sequence)])
        let row = try connection.first("SELECT event_count FROM builds WHERE sequence = ?", [.integer(sequence)])
        let last = try row?.integer("event_count") ?? 0
        for (number, event) in zip((last - Int64(events.count) + 1)..., events) {
            try connection.execute(
                "INSERT INTO events (build, number, written_at, body) VALUES (?, ?, \(dialect.now), ?)",
                [.integer(sequence), .integer(number), .text(event)])
        }
        return last
    }

    /// The events after a number, in order.
    public func events(of build: String, after number: Int64, limit: Int) async throws -> [StoredEvent] {
        try await read { connection in
            let rows = try connection.query(
                """
                SELECT e.number AS number, e.written_at AS written_at, e.body AS body FROM events e
                JOIN builds b ON b.sequence = e.build WHERE b.id = ? AND e.number > ? ORDER BY e.number LIMIT ?
                """, [.text(build), .integer(number), SQLValue(limit)])
            return try rows.map { row in
                StoredEvent(
                    number: try row.integer("number"), at: try ServerTime(row, "written_at"), json: try row.text("body")
                )
            }
        }
    }
}
