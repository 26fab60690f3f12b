public import OCI

// What the service remembers, in small protocols by subject. One implementation over SQL serves SQLite and MySQL; one
// suite of contract tests runs on both. Every method is one transaction: it happens wholly or not at all, and when it
// returns, it is on disk.

/// Everything that the service remembers.
public protocol MetadataStore:
    BuildStore, EventStore, ProjectStore, TokenStore, SecretStore, ContextRecordStore, WebhookStore, AuditStore
{
    /// The database's clock.
    func now() async throws -> ServerTime
    /// Whether the database answers.
    func check() async throws
    /// Gives the connections back.
    func close() async
}

/// A build to be accepted.
public struct NewBuild: Sendable {
    public var project: String
    public var requestedBy: String
    public var submission: BuildSubmission
    public var shareKey: Digest
    /// A client's own name for the request, by which a repeated one is known (`Idempotency-Key`).
    public var idempotencyKey: String?
    /// The encrypted secrets of this one build.
    public var sealedSecrets: [UInt8]?

    public init(
        project: String, requestedBy: String, submission: BuildSubmission, shareKey: Digest,
        idempotencyKey: String? = nil, sealedSecrets: [UInt8]? = nil
    ) {
        self.project = project
        self.requestedBy = requestedBy
        self.submission = submission
        self.shareKey = shareKey
        self.idempotencyKey = idempotencyKey
        self.sealedSecrets = sealedSecrets
    }
}

/// What became of a request for a build.
public enum AcceptedBuild: Sendable, Hashable {
    /// It was accepted now.
    case created(BuildRecord)
    /// The project asked for it before by the same idempotency key.
    case repeated(BuildRecord)
    /// The key was used for another request.
    case keyInUse(BuildRecord)
    /// The project has as many waiting builds as it may.
    case queueFull(limit: Int)
}

/// Which builds to list, newest first.
public struct BuildFilter: Sendable, Hashable {
    /// Of these projects; nil is all.
    public var projects: [String]?
    /// In these states; empty is all.
    public var states: [BuildState]
    /// With this name among their tags.
    public var tag: String?
    /// Accepted before the build with this sequence number: the cursor.
    public var before: Int64?
    /// At most so many.
    public var limit: Int

    public init(
        projects: [String]? = nil, states: [BuildState] = [], tag: String? = nil, before: Int64? = nil, limit: Int = 50
    ) {
        self.projects = projects
        self.states = states
        self.tag = tag
        self.before = before
        self.limit = limit
    }
}

/// A worker's right to a build for a while.
public struct Lease: Sendable, Hashable {
    /// The build as it was when it was taken.
    public var build: BuildRecord
    /// The number that must still be the build's own when anything final is written.
    public var fence: Int64
    /// The encrypted secrets of this one build.
    public var sealedSecrets: [UInt8]?

    public init(build: BuildRecord, fence: Int64, sealedSecrets: [UInt8]?) {
        self.build = build
        self.fence = fence
        self.sealedSecrets = sealedSecrets
    }
}

/// What a heartbeat finds.
public enum LeaseState: Sendable, Hashable {
    /// Go on.
    case held
    /// Go on to the end: somebody wants the build called off.
    case cancelRequested
    /// It is another worker's now, or was ended: stop, and write nothing.
    case lost
}

/// How an attempt ended.
public enum AttemptEnd: Sendable, Hashable {
    case succeeded(BuildOutcome)
    case failed(BuildProblem)
    case cancelled
    /// Back to the queue, since the reason can pass; not before so long. Past `attemptLimit` it fails with the problem.
    case again(BuildProblem, after: Duration, attemptLimit: Int)
    /// Back to the queue at once, not counted as an attempt: the worker stops.
    case handedBack
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
    /// - Returns: how many.
    func removeBuilds(endedBefore time: ServerTime, limit: Int) async throws -> Int
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
    func project(_ name: String) async throws -> Project?
    func projects() async throws -> [Project]
    /// Makes a project, or changes it.
    func setProject(_ project: Project) async throws
}

/// API tokens.
public protocol TokenStore: Sendable {
    func token(_ id: String) async throws -> APIToken?
    /// The tokens of a project; nil lists all.
    func tokens(project: String?) async throws -> [APIToken]
    func addToken(_ token: APIToken) async throws
    /// Adds a token unless there is any already: the first administrator's.
    /// - Returns: whether it was added.
    func addFirstToken(_ token: APIToken) async throws -> Bool
    /// - Returns: whether there was one.
    func revokeToken(_ id: String) async throws -> Bool
}

/// A stored registry credential: encrypted, by project and by registry and namespace.
public struct SealedCredential: Sendable, Hashable {
    /// The project; nil serves all.
    public var project: String?
    /// `registry` or `registry/namespace`: the longest that fits a repository counts.
    public var scope: String
    /// AES-256-GCM over user and password, with the key's id in front.
    public var sealed: [UInt8]

    public init(project: String?, scope: String, sealed: [UInt8]) {
        self.project = project
        self.scope = scope
        self.sealed = sealed
    }
}

/// Encrypted registry credentials.
public protocol SecretStore: Sendable {
    func credentials(project: String?) async throws -> [SealedCredential]
    func setCredential(_ credential: SealedCredential) async throws
    /// - Returns: whether there was one.
    func removeCredential(project: String?, scope: String) async throws -> Bool
}

/// Which contexts a project uploaded.
public protocol ContextRecordStore: Sendable {
    /// Remembers a context, or that it was used now.
    func setContext(_ digest: Digest, project: String, size: Int64) async throws
    /// Whether the project has it.
    func hasContext(_ digest: Digest, project: String) async throws -> Bool
    /// Contexts that nobody used since; they are forgotten.
    func removeContexts(usedBefore time: ServerTime) async throws -> [(project: String, digest: Digest)]
}

/// Where a project wants to be told of builds.
public struct Webhook: Sendable, Hashable, Codable {
    public var id: String
    public var project: String
    public var url: String
    /// The key of the signature, encrypted.
    public var sealedSecret: [UInt8]

    public init(id: String, project: String, url: String, sealedSecret: [UInt8]) {
        self.id = id
        self.project = project
        self.url = url
        self.sealedSecret = sealedSecret
    }
}

/// A message to a webhook that is not delivered yet.
public struct WebhookDelivery: Sendable, Hashable {
    public var id: Int64
    public var webhook: Webhook
    public var body: String
    public var attempts: Int

    public init(id: Int64, webhook: Webhook, body: String, attempts: Int) {
        self.id = id
        self.webhook = webhook
        self.body = body
        self.attempts = attempts
    }
}

/// Webhooks and what they are still to be told. A build's change of state writes its deliveries in the same transaction.
public protocol WebhookStore: Sendable {
    func webhooks(project: String) async throws -> [Webhook]
    func addWebhook(_ webhook: Webhook) async throws
    func removeWebhook(_ id: String, project: String) async throws -> Bool
    /// Takes deliveries that are due, and keeps others from them for a while.
    func claimDeliveries(limit: Int, leaseFor: Duration) async throws -> [WebhookDelivery]
    /// Ends a delivery: done, or again after a while; nil gives it up.
    func endDelivery(_ id: Int64, delivered: Bool, again: Duration?) async throws
}

/// An entry of the audit log: who did what to what.
public struct AuditEntry: Sendable, Hashable, Codable {
    public var at: ServerTime
    public var actor: String
    public var action: String
    public var subject: String
    public var project: String?
    public var requestID: String

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

/// The audit log.
public protocol AuditStore: Sendable {
    /// Adds an entry; its time is the database's.
    func audit(actor: String, action: String, subject: String, project: String?, requestID: String) async throws
    /// The newest entries.
    func auditEntries(project: String?, limit: Int) async throws -> [AuditEntry]
}
