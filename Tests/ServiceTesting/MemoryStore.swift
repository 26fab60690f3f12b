import Diagnostics
import Foundation
package import OCI
package import Service

/// A metadata store in memory, honest about leases and fences. Its clock can be moved on, and it can be made to fail.
package actor MemoryStore: MetadataStore {
    private struct Row {
        var record: BuildRecord
        var idempotencyKey: String?
        var secrets: [UInt8]?
        var events: [StoredEvent] = []
    }

    private var rows: [Row] = []
    private var duties: [String: (holder: String, until: ServerTime)] = [:]
    private var projectsByName: [String: Project] = [:]
    private var tokensByID: [String: APIToken] = [:]
    private var sealed: [SealedCredential] = []
    private var contexts: [String: (project: String, digest: Digest, usedAt: ServerTime)] = [:]
    private var imageRecords: [ImageRecord] = []
    private var hooks: [Webhook] = []
    private var deliveries: [(delivery: WebhookDelivery, dueAt: ServerTime)] = []
    private var claimed: Set<Int64> = []
    private var audits: [AuditEntry] = []
    private var offset: Int64 = 0
    private var lastID: Int64 = 0
    package private(set) var isDown = false

    /// Starts empty.
    package init() {}

    // MARK: For tests

    /// Lets the database's clock run on.
    package func advance(by duration: Duration) { offset += duration.components.seconds * 1000 }

    /// Takes the database away, or brings it back.
    package func setDown(_ isDown: Bool) { self.isDown = isDown }

    /// Everything that is kept of builds, as text.
    package var dump: String { rows.map { "\($0.record) \($0.events.map(\.json))" }.joined(separator: "\n") }

    package func sealedSecrets(of id: String) -> [UInt8]? { rows.first { $0.record.id == id }?.secrets }

    private func reach() throws {
        if isDown { throw ServiceError(.databaseUnavailable, "the database is gone") }
    }

    // MARK: The store

    package func now() throws -> ServerTime {
        try reach()
        return clock
    }

    private var clock: ServerTime {
        ServerTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000) + offset)
    }

    package func check() throws { try reach() }
    package func close() {}

    // MARK: Builds

    package func accept(_ build: NewBuild) throws -> AcceptedBuild {
        try reach()
        if let key = build.idempotencyKey,
            let row = rows.first(where: { $0.idempotencyKey == key && $0.record.project == build.project })
        {
            return row.record.submission == build.submission ? .repeated(row.record) : .keyInUse(row.record)
        }
        let policy = projectsByName[build.project]?.policy ?? ProjectPolicy()
        let queued = rows.count { $0.record.project == build.project && $0.record.state == .queued }
        guard queued < policy.queuedLimit else { return .queueFull(limit: policy.queuedLimit) }
        lastID += 1
        let record = BuildRecord(
            id: UUID().uuidString.lowercased(), sequence: lastID, project: build.project,
            requestedBy: build.requestedBy, submission: build.submission, shareKey: build.shareKey, state: .queued,
            cancelRequested: false, attempts: 0, createdAt: clock, startedAt: nil, finishedAt: nil, notBefore: clock,
            fence: 0, leaseUntil: nil, outcome: nil, problem: nil)
        rows.append(Row(record: record, idempotencyKey: build.idempotencyKey, secrets: build.sealedSecrets))
        changed(rows.count - 1)
        return .created(record)
    }

    package func build(_ id: String) throws -> BuildRecord? {
        try reach()
        return rows.first { $0.record.id == id }?.record
    }

    package func builds(_ filter: BuildFilter) throws -> [BuildRecord] {
        try reach()
        return Array(
            rows.reversed().map(\.record).filter { record in
                (filter.projects?.contains(record.project) ?? true)
                    && (filter.states.isEmpty || filter.states.contains(record.state))
                    && (filter.tag.map { record.submission.tags.map(\.description).contains($0) } ?? true)
                    && (filter.before.map { record.sequence < $0 } ?? true)
            }.prefix(filter.limit))
    }

    package func activeCounts() throws -> [(project: String, state: BuildState, count: Int)] {
        try reach()
        let groups = Dictionary(grouping: rows.map(\.record).filter { !$0.state.isFinal }) {
            [$0.project, $0.state.rawValue]
        }
        return groups.values.compactMap { group in group.first.map { ($0.project, $0.state, group.count) } }
    }

    package func oldestRunningStart() throws -> ServerTime? {
        try reach()
        return rows.map(\.record).filter { $0.state == .running }.compactMap(\.startedAt).min()
    }

    package func claim(worker: String, leaseFor: Duration, attemptLimit: Int) throws -> Lease? {
        try reach()
        let now = clock
        func isExpired(_ record: BuildRecord) -> Bool {
            record.state == .running && (record.leaseUntil.map { $0 < now } ?? true)
        }
        for number in rows.indices where isExpired(rows[number].record) {
            if rows[number].record.cancelRequested {
                finish(number, .cancelled)
            } else if rows[number].record.attempts >= attemptLimit {
                rows[number].record.problem = BuildProblem(
                    code: "abandoned", message: "workers died at it", isRequestsFault: false)
                finish(number, .failed)
            }
        }
        let running = rows.map(\.record).filter { $0.state == .running && !isExpired($0) }
        func mayBegin(_ record: BuildRecord) -> Bool {
            guard (record.state == .queued && record.notBefore <= now) || isExpired(record) else { return false }
            let tags = Set(record.submission.tags.map(\.tagged))
            let isBlocked = rows.map(\.record).contains { other in
                !other.state.isFinal && other.sequence < record.sequence && record.submission.pushes
                    && other.submission.pushes && !tags.isDisjoint(with: other.submission.tags.map(\.tagged))
            }
            let own = running.filter { $0.project == record.project }
            let limit = projectsByName[record.project]?.policy.runningLimit ?? ProjectPolicy().runningLimit
            return !isBlocked && !own.contains { $0.shareKey == record.shareKey } && own.count < limit
        }
        func load(_ record: BuildRecord) -> Int { running.count { $0.project == record.project } }
        let candidates = rows.indices.filter { mayBegin(rows[$0].record) }
        guard
            let number = candidates.min(by: {
                (load(rows[$0].record), rows[$0].record.sequence) < (load(rows[$1].record), rows[$1].record.sequence)
            })
        else { return nil }
        rows[number].record.state = .running
        rows[number].record.attempts += 1
        rows[number].record.fence += 1
        rows[number].record.startedAt = rows[number].record.startedAt ?? now
        rows[number].record.leaseUntil = now + leaseFor
        changed(number)
        let record = rows[number].record
        return Lease(build: record, fence: record.fence, sealedSecrets: rows[number].secrets)
    }

    private func held(_ lease: Lease) -> Int? {
        rows.firstIndex {
            $0.record.id == lease.build.id && $0.record.state == .running && $0.record.fence == lease.fence
        }
    }

    package func heartbeat(_ lease: Lease, leaseFor: Duration) throws -> LeaseState {
        try reach()
        guard let number = held(lease) else { return .lost }
        rows[number].record.leaseUntil = clock + leaseFor
        return rows[number].record.cancelRequested ? .cancelRequested : .held
    }

    package func end(_ lease: Lease, _ end: AttemptEnd) throws -> Bool {
        try reach()
        guard let number = held(lease) else { return false }
        switch end {
        case .succeeded(let outcome):
            rows[number].record.outcome = outcome
            finish(number, .succeeded)
        case .failed(let problem):
            rows[number].record.problem = problem
            finish(number, .failed)
        case .cancelled: finish(number, .cancelled)
        case .again(let problem, let delay, let limit):
            if rows[number].record.attempts >= limit {
                rows[number].record.problem = problem
                finish(number, .failed)
            } else {
                rows[number].record.state = .queued
                rows[number].record.notBefore = clock + delay
                rows[number].record.leaseUntil = nil
                changed(number)
            }
        case .handedBack:
            rows[number].record.state = .queued
            rows[number].record.attempts -= 1
            rows[number].record.leaseUntil = nil
            changed(number)
        }
        return true
    }

    private func finish(_ number: Int, _ state: BuildState) {
        rows[number].record.state = state
        rows[number].record.finishedAt = clock
        rows[number].record.leaseUntil = nil
        rows[number].secrets = nil
        changed(number)
    }

    private func changed(_ number: Int) {
        let record = rows[number].record
        add("{\"event\":\"state\",\"state\":\"\(record.state.rawValue)\"}", to: number)
        for hook in hooks where hook.project == record.project {
            let limit = (projectsByName[record.project]?.policy ?? ProjectPolicy()).deliveryLimit
            guard deliveries.count(where: { $0.delivery.webhook.id == hook.id }) < limit else { continue }
            lastID += 1
            let body = "{\"build\":\"\(record.id)\",\"state\":\"\(record.state.rawValue)\"}"
            deliveries.append((WebhookDelivery(id: lastID, webhook: hook, body: body, attempts: 0), clock))
        }
    }

    private func add(_ json: String, to number: Int) {
        let event = StoredEvent(number: Int64(rows[number].events.count + 1), at: clock, json: json)
        rows[number].events.append(event)
    }

    package func requestCancellation(_ id: String) throws -> BuildRecord? {
        try reach()
        guard let number = rows.firstIndex(where: { $0.record.id == id }) else { return nil }
        switch rows[number].record.state {
        case .queued:
            rows[number].record.cancelRequested = true
            finish(number, .cancelled)
        case .running: rows[number].record.cancelRequested = true
        default: break
        }
        return rows[number].record
    }

    package func removeBuilds(endedBefore time: ServerTime, limit: Int) throws -> [String] {
        try reach()
        let ids = rows.filter { $0.record.finishedAt.map { $0 < time } ?? false }.prefix(limit).map(\.record.id)
        rows.removeAll { ids.contains($0.record.id) }
        imageRecords.removeAll { ids.contains($0.build) }
        return Array(ids)
    }

    // MARK: Events

    package func append(_ events: [String], lease: Lease) throws -> Int64? {
        try reach()
        guard let number = held(lease) else { return nil }
        for event in events { add(event, to: number) }
        return Int64(rows[number].events.count)
    }

    package func events(of build: String, after number: Int64, limit: Int) throws -> [StoredEvent] {
        try reach()
        return Array((rows.first { $0.record.id == build }?.events ?? []).filter { $0.number > number }.prefix(limit))
    }

    // MARK: The rest

    package func project(_ name: String) throws -> Project? {
        try reach()
        return projectsByName[name]
    }

    package func projects() -> [Project] { Array(projectsByName.values) }
    package func setProject(_ project: Project) { projectsByName[project.name] = project }

    package func token(_ id: String) throws -> APIToken? {
        try reach()
        return tokensByID[id]
    }

    package func tokens(project: String?) -> [APIToken] {
        tokensByID.values.filter { project == nil || $0.project == project }
    }

    package func addToken(_ token: APIToken) { tokensByID[token.id] = token }

    package func addFirstToken(_ token: APIToken) -> Bool {
        guard tokensByID.isEmpty else { return false }
        tokensByID[token.id] = token
        return true
    }

    package func revokeToken(_ id: String) -> Bool {
        guard tokensByID[id] != nil else { return false }
        tokensByID[id]?.isRevoked = true
        return true
    }

    package func credentials(project: String?) -> [SealedCredential] {
        sealed.filter { $0.project == nil || $0.project == project }
    }

    package func setCredential(_ credential: SealedCredential) {
        sealed.removeAll { $0.project == credential.project && $0.scope == credential.scope }
        sealed.append(credential)
    }

    package func removeCredential(project: String?, scope: String) -> Bool {
        let before = sealed.count
        sealed.removeAll { $0.project == project && $0.scope == scope }
        return sealed.count < before
    }

    package func setContext(_ digest: Digest, project: String, size: Int64) {
        contexts["\(project) \(digest)"] = (project, digest, clock)
    }

    package func idleTime(ofContext digest: Digest, project: String) -> Duration? {
        contexts["\(project) \(digest)"].map { .milliseconds(clock.milliseconds - $0.usedAt.milliseconds) }
    }

    package func removeContexts(usedBefore time: ServerTime) -> [(project: String, digest: Digest)] {
        let old = contexts.filter { $0.value.usedAt < time }
        for key in old.keys { contexts[key] = nil }
        return old.values.map { ($0.project, $0.digest) }
    }

    package func setImage(_ image: ImageRecord) {
        imageRecords.removeAll { $0.project == image.project && $0.name == image.name }
        var record = image
        record.namedAt = clock
        imageRecords.append(record)
    }

    package func images(project: String) -> [ImageRecord] {
        imageRecords.reversed().filter { $0.project == project }
    }

    package func removeImage(_ name: String, project: String) -> Bool {
        let before = imageRecords.count
        imageRecords.removeAll { $0.project == project && $0.name == name }
        return imageRecords.count < before
    }

    package func webhooks(project: String) -> [Webhook] { hooks.filter { $0.project == project } }
    package func addWebhook(_ webhook: Webhook, limit: Int) -> Bool {
        guard webhooks(project: webhook.project).count < limit else { return false }
        hooks.append(webhook)
        return true
    }

    package func setSealedSecret(_ sealed: [UInt8], ofWebhook id: String) {
        for number in hooks.indices where hooks[number].id == id { hooks[number].sealedSecret = sealed }
    }

    package func removeWebhook(_ id: String, project: String) -> Bool {
        let before = hooks.count
        hooks.removeAll { $0.id == id && $0.project == project }
        guard hooks.count < before else { return false }
        deliveries.removeAll { $0.delivery.webhook.id == id }
        return true
    }

    package func claimDeliveries(limit: Int, leaseFor: Duration, excluding projects: Set<String>) throws
        -> [WebhookDelivery]
    {
        try reach()
        let now = clock
        var taken: [WebhookDelivery] = []
        for number in deliveries.indices where deliveries[number].dueAt <= now && taken.count < limit {
            if projects.contains(deliveries[number].delivery.webhook.project) { continue }
            deliveries[number].dueAt = now + leaseFor
            deliveries[number].delivery.attempts += 1
            taken.append(deliveries[number].delivery)
            claimed.insert(deliveries[number].delivery.id)
        }
        return taken
    }

    package func endDelivery(_ id: Int64, delivered: Bool, again: Duration?) {
        guard let number = deliveries.firstIndex(where: { $0.delivery.id == id }) else { return }
        claimed.remove(id)
        if !delivered, let again {
            deliveries[number].dueAt = clock + again
        } else {
            deliveries.remove(at: number)
        }
    }

    /// The deliveries that somebody is at, as far as tests know: none that failed has been given back.
    package var claimedDeliveries: Int { deliveries.count { claimed.contains($0.delivery.id) } }

    /// The deliveries that are still to be made.
    package var waitingDeliveries: Int { deliveries.count }

    package func audit(actor: String, action: String, subject: String, project: String?, requestID: String) throws {
        try reach()
        audits.append(
            AuditEntry(
                at: clock, actor: actor, action: action, subject: subject, project: project, requestID: requestID))
    }

    package func auditEntries(project: String?, limit: Int) -> [AuditEntry] {
        Array(audits.reversed().filter { project == nil || $0.project == project }.prefix(limit))
    }

    // MARK: Duties

    package func takeDuty(_ name: String, holder: String, for duration: Duration) throws -> Bool {
        try reach()
        if let duty = duties[name], duty.holder != holder, duty.until > clock { return false }
        duties[name] = (holder, clock + duration)
        return true
    }

    package func leaveDuty(_ name: String, holder: String) throws {
        try reach()
        if duties[name]?.holder == holder { duties[name] = nil }
    }
}
