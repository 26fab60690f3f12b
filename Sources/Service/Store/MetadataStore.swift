public import OCI

// What the service remembers, in small protocols by subject. One implementation over SQL serves SQLite and MySQL; one
// suite of contract tests runs on both. Every method is one transaction: it happens wholly or not at all, and when it
// returns, it is on disk. Where the database cannot be reached, a method throws `ServiceError` (`database_unavailable`).

/// Everything that the service remembers.
public protocol MetadataStore:
    BuildStore, EventStore, ProjectStore, TokenStore, SecretStore, ContextRecordStore, ImageStore, WebhookStore,
    AuditStore,
    DutyStore
{
    /// The database's clock.
    func now() async throws -> ServerTime
    /// Whether the database answers.
    func check() async throws
    /// Gives the connections back.
    func close() async
}

/// Builds and the queue of those that wait.
public protocol BuildStore: Sendable {
    /// Accepts a build: it will end in a final state, whatever dies.
    func accept(_ build: NewBuild) async throws -> AcceptedBuild
    /// A build by its id.
    func build(_ id: String) async throws -> BuildRecord?
    /// Builds, newest first.
    func builds(_ filter: BuildFilter) async throws -> [BuildRecord]
    /// How many builds of each project are in each state that is not final.
    func activeCounts() async throws -> [(project: String, state: BuildState, count: Int)]
    /// When the build that runs longest was first begun; nil where none runs.
    func oldestRunningStart() async throws -> ServerTime?

    /// Gives a worker the next build, or nil.
    ///
    /// Whose turn it is: of the builds that may begin (queued and not to wait, or running with an expired lease), the first of
    /// the project with the fewest running. A build may not begin while an earlier one with a tag in common is not final, an
    /// equal one (`shareKey`) runs, or its project runs as many as its policy's `runningLimit`. One whose attempts are used up
    /// (`attemptLimit`) by workers that died is ended as failed here.
    func claim(worker: String, leaseFor: Duration, attemptLimit: Int) async throws -> Lease?
    /// Renews a lease.
    func heartbeat(_ lease: Lease, leaseFor: Duration) async throws -> LeaseState
    /// Ends an attempt, if the lease still holds; the build's secrets go when the state is final.
    /// - Returns: whether it did.
    func end(_ lease: Lease, _ end: AttemptEnd) async throws -> Bool
    /// Asks for a build's end: one that waits is cancelled at once.
    /// - Returns: the build, or nil if there is none.
    func requestCancellation(_ id: String) async throws -> BuildRecord?
    /// Removes builds that ended before, with their events.
    /// - Returns: their ids.
    func removeBuilds(endedBefore time: ServerTime, limit: Int) async throws -> [String]
}

/// The events of builds, kept so that any process can serve any build's stream.
public protocol EventStore: Sendable {
    /// Adds events of a running build, if the lease still holds.
    /// - Returns: the number of the last one, or nil where the lease is lost.
    func append(_ events: [String], lease: Lease) async throws -> Int64?
    /// The events after a number, in order.
    func events(of build: String, after number: Int64, limit: Int) async throws -> [StoredEvent]
}

/// Projects.
public protocol ProjectStore: Sendable {
    /// A project by its name.
    func project(_ name: String) async throws -> Project?
    /// All projects that were ever set.
    func projects() async throws -> [Project]
    /// Makes a project, or changes it.
    func setProject(_ project: Project) async throws
}

/// API tokens.
public protocol TokenStore: Sendable {
    /// A token by its public part.
    func token(_ id: String) async throws -> APIToken?
    /// The tokens of a project; nil lists all.
    func tokens(project: String?) async throws -> [APIToken]
    /// Adds a token.
    func addToken(_ token: APIToken) async throws
    /// Adds a token unless there is any already: the first administrator's.
    /// - Returns: whether it was added.
    func addFirstToken(_ token: APIToken) async throws -> Bool
    /// Takes a token back.
    /// - Returns: whether there was one.
    func revokeToken(_ id: String) async throws -> Bool
}

/// Encrypted registry credentials.
public protocol SecretStore: Sendable {
    /// The credentials that serve a project: its own, and those of all projects.
    func credentials(project: String?) async throws -> [SealedCredential]
    /// Keeps a credential in place of the one with the same project and scope.
    func setCredential(_ credential: SealedCredential) async throws
    /// Removes a credential.
    /// - Returns: whether there was one.
    func removeCredential(project: String?, scope: String) async throws -> Bool
}

/// Which contexts a project uploaded.
public protocol ContextRecordStore: Sendable {
    /// Remembers a context, or that it was used now.
    func setContext(_ digest: Digest, project: String, size: Int64) async throws
    /// How long ago a context was used, by the database's clock; nil where the project has none such.
    func idleTime(ofContext digest: Digest, project: String) async throws -> Duration?
    /// Contexts that nobody used since; they are forgotten.
    func removeContexts(usedBefore time: ServerTime) async throws -> [(project: String, digest: Digest)]
}

/// Images by their names, as the Docker Engine endpoint knows them. They go with the builds that made them.
public protocol ImageStore: Sendable {
    /// Gives a name of a project to an image, which another image may have had.
    func setImage(_ image: ImageRecord) async throws
    /// The images of a project, the name given last first.
    func images(project: String) async throws -> [ImageRecord]
    /// Takes a name away.
    /// - Returns: whether there was one.
    func removeImage(_ name: String, project: String) async throws -> Bool
}

/// Webhooks and what they are still to be told. A build's change of state writes its deliveries in the same transaction.
public protocol WebhookStore: Sendable {
    /// The webhooks of a project, in the order in which they were added.
    func webhooks(project: String) async throws -> [Webhook]
    /// Adds a webhook, unless the project has so many already.
    /// - Returns: whether it was added.
    func addWebhook(_ webhook: Webhook, limit: Int) async throws -> Bool
    /// Keeps another encryption of a webhook's secret.
    func setSealedSecret(_ sealed: [UInt8], ofWebhook id: String) async throws
    /// Removes a webhook, and what it was still to be told.
    /// - Returns: whether there was one.
    func removeWebhook(_ id: String, project: String) async throws -> Bool
    /// Takes deliveries that are due, and keeps others from them for a while.
    /// - Parameter projects: whose are left for later.
    func claimDeliveries(limit: Int, leaseFor: Duration, excluding projects: Set<String>) async throws
        -> [WebhookDelivery]
    /// Ends a delivery: done, or again after a while; nil gives it up.
    func endDelivery(_ id: Int64, delivered: Bool, again: Duration?) async throws
}

/// The audit log.
public protocol AuditStore: Sendable {
    /// Adds an entry; its time is the database's.
    func audit(actor: String, action: String, subject: String, project: String?, requestID: String) async throws
    /// The newest entries.
    func auditEntries(project: String?, limit: Int) async throws -> [AuditEntry]
}

/// Work that one process at a time does for all: collecting what nobody needs.
public protocol DutyStore: Sendable {
    /// Takes a duty on, or keeps it, for a while.
    /// - Returns: whether it is the holder's now.
    func takeDuty(_ name: String, holder: String, for duration: Duration) async throws -> Bool
    /// Gives a duty back, so that the next one need not wait.
    func leaveDuty(_ name: String, holder: String) async throws
}
