public import OCI

/// A build to be accepted.
public struct NewBuild: Sendable {
    /// The project that it belongs to.
    public var project: String
    /// Who asks for it.
    public var requestedBy: String
    /// What is asked for.
    public var submission: BuildSubmission
    /// Equal for builds of one project that ask for the same.
    public var shareKey: Digest
    /// A client's own name for the request, by which a repeated one is known (`Idempotency-Key`).
    public var idempotencyKey: String?
    /// The encrypted secrets of this one build.
    public var sealedSecrets: [UInt8]?

    /// Takes the parts.
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
