/// A worker's right to a build for a while.
public struct Lease: Sendable, Hashable {
    /// The build as it was when it was taken.
    public var build: BuildRecord
    /// The number that must still be the build's own when anything final is written.
    public var fence: Int64
    /// The encrypted secrets of this one build.
    public var sealedSecrets: [UInt8]?

    /// Takes the parts.
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
    /// The image exists.
    case succeeded(BuildOutcome)
    /// It cannot succeed by being tried again.
    case failed(BuildProblem)
    /// It was called off.
    case cancelled
    /// Back to the queue, since the reason can pass; not before so long. Past `attemptLimit` it fails with the problem.
    case again(BuildProblem, after: Duration, attemptLimit: Int)
    /// Back to the queue at once, not counted as an attempt: the worker stops.
    case handedBack
}
