public import OCI

/// A build as the database keeps it.
public struct BuildRecord: Sendable, Hashable, Codable {
    /// The name by which clients ask for it: a UUID in lower case.
    public var id: String
    /// Its place among all builds in the order in which they were accepted.
    public var sequence: Int64
    /// The project that it belongs to.
    public var project: String
    /// Who asked for it: a token's id, or `oidc:` and a subject.
    public var requestedBy: String
    /// What was asked for.
    public var submission: BuildSubmission
    /// Equal for builds of one project that ask for the same: while one of them runs, the others wait for its caches.
    public var shareKey: Digest
    /// Where it stands.
    public var state: BuildState
    /// Whether somebody asked for its end; a running build's worker sees it with its next heartbeat.
    public var cancelRequested: Bool
    /// How often a worker began it.
    public var attempts: Int
    /// When it was accepted.
    public var createdAt: ServerTime
    /// When a worker first began it.
    public var startedAt: ServerTime?
    /// When it reached a final state.
    public var finishedAt: ServerTime?
    /// Not to be begun before: the wait after an attempt that failed for a reason that can pass.
    public var notBefore: ServerTime
    /// The number that the current lease was given; each lease of a build has a higher one.
    public var fence: Int64
    /// Until when the worker that has it is believed to live.
    public var leaseUntil: ServerTime?
    /// What it came to, once it has succeeded.
    public var outcome: BuildOutcome?
    /// Why it failed, once it has.
    public var problem: BuildProblem?

    /// Takes the parts.
    public init(
        id: String, sequence: Int64, project: String, requestedBy: String, submission: BuildSubmission,
        shareKey: Digest,
        state: BuildState, cancelRequested: Bool, attempts: Int, createdAt: ServerTime, startedAt: ServerTime?,
        finishedAt: ServerTime?, notBefore: ServerTime, fence: Int64, leaseUntil: ServerTime?, outcome: BuildOutcome?,
        problem: BuildProblem?
    ) {
        self.id = id
        self.sequence = sequence
        self.project = project
        self.requestedBy = requestedBy
        self.submission = submission
        self.shareKey = shareKey
        self.state = state
        self.cancelRequested = cancelRequested
        self.attempts = attempts
        self.createdAt = createdAt
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.notBefore = notBefore
        self.fence = fence
        self.leaseUntil = leaseUntil
        self.outcome = outcome
        self.problem = problem
    }
}

/// What a build came to.
public struct BuildOutcome: Sendable, Hashable, Codable {
    /// The manifest, or the index of several platforms.
    public var descriptor: Descriptor
    /// What docker calls the image's ID: the configuration's digest, of an index its own.
    public var imageID: Digest
    /// `repository@sha256:…`, one for each repository that it was pushed to, the one that counts last.
    public var references: [String]
    /// The bytes that went to registries.
    public var uploadedBytes: Int64

    /// Takes the parts.
    public init(descriptor: Descriptor, imageID: Digest, references: [String], uploadedBytes: Int64) {
        self.descriptor = descriptor
        self.imageID = imageID
        self.references = references
        self.uploadedBytes = uploadedBytes
    }

    enum CodingKeys: String, CodingKey {
        case descriptor
        case imageID = "image_id"
        case references
        case uploadedBytes = "uploaded_bytes"
    }
}

/// Why a build failed, as clients are told: the error's code, its message, where it happened and what to do. Never a
/// secret: the messages of this house hold none.
public struct BuildProblem: Sendable, Hashable, Codable {
    /// The error's code, `snake_case`.
    public var code: String
    /// One sentence with the value at fault.
    public var message: String
    /// Where it happened, `label: value`, outermost first.
    public var context: [String]
    /// What to do about it.
    public var hints: [String]
    /// Whether what was asked for is wrong (true), or the world outside failed.
    public var isRequestsFault: Bool

    /// Takes the parts.
    public init(code: String, message: String, context: [String] = [], hints: [String] = [], isRequestsFault: Bool) {
        self.code = code
        self.message = message
        self.context = context
        self.hints = hints
        self.isRequestsFault = isRequestsFault
    }

    enum CodingKeys: String, CodingKey {
        case code, message, context, hints
        case isRequestsFault = "is_requests_fault"
    }
}

/// One event of a build, numbered from 1 in the order in which it happened.
public struct StoredEvent: Sendable, Hashable, Codable {
    /// Its number within the build: what `Last-Event-ID` names.
    public var number: Int64
    /// When it was written.
    public var at: ServerTime
    /// The event: a `BuildEvent`'s JSON, or `{"event":"state","state":"running",…}` for a change of state.
    public var json: String

    /// Takes the parts.
    public init(number: Int64, at: ServerTime, json: String) {
        self.number = number
        self.at = at
        self.json = json
    }
}
