/// How often and when a failed operation is tried again.
public struct RetryPolicy: Sendable, Hashable {
    /// Attempts in all, at least 1.
    public var attempts: Int
    /// The wait before the second attempt. It doubles from one attempt to the next.
    public var baseDelay: Duration
    /// The longest wait that doubling leads to.
    public var maximumDelay: Duration
    /// Which part of a wait is left to chance, 0 to 1, so that many clients do not come back at once.
    public var jitter: Double
    /// The longest `Retry-After` that is waited for; a server that asks for more is not asked again.
    public var maximumRetryAfter: Duration

    /// Takes the parts.
    public init(
        attempts: Int = 5, baseDelay: Duration = .milliseconds(400), maximumDelay: Duration = .seconds(15),
        jitter: Double = 0.5, maximumRetryAfter: Duration = .seconds(120)
    ) {
        self.attempts = attempts
        self.baseDelay = baseDelay
        self.maximumDelay = maximumDelay
        self.jitter = jitter
        self.maximumRetryAfter = maximumRetryAfter
    }

    /// One attempt.
    public static let never = RetryPolicy(attempts: 1)

    /// The wait after a failed attempt, or nil to give up.
    /// - Parameters:
    ///   - attempt: which attempt failed, counted from 1.
    ///   - retryAfter: what the server asked for. Never less than this is waited.
    ///   - chance: a random number in 0..<1.
    public func delay(afterAttempt attempt: Int, retryAfter: Duration? = nil, chance: Double) -> Duration? {
        guard attempt < attempts else { return nil }
        if let retryAfter, retryAfter > maximumRetryAfter { return nil }
        var delay = baseDelay
        for _ in 1..<max(attempt, 1) where delay < maximumDelay { delay *= 2 }
        let ownDelay = min(delay, maximumDelay) * (1 - jitter * chance)
        return max(ownDelay, retryAfter ?? .zero)
    }
}

/// The one place that tries again: whoever knows that an operation may be repeated runs it here, and nothing below
/// repeats by itself, so attempts never multiply.
public struct Retrier: Sendable {
    /// How often and when.
    public var policy: RetryPolicy
    /// The clock and the dice.
    public var time: TimeSource

    /// Takes the parts.
    public init(policy: RetryPolicy = RetryPolicy(), time: TimeSource = .system) {
        self.policy = policy
        self.time = time
    }

    /// Runs an operation until it succeeds, fails for good or the policy gives up.
    /// - Parameter operation: gets the number of the attempt, from 1. Failures of class `passing` are tried again.
    /// - Throws: the last failure, unwrapped, or `CancellationError`.
    public func run<Value>(
        isolation: isolated (any Actor)? = #isolation, _ operation: (_ attempt: Int) async throws -> Value
    ) async throws -> Value {
        var attempt = 1
        var failuresInARow = 1
        while true {
            do {
                return try await operation(attempt)
            } catch {
                let attempted = error as? Attempted ?? Attempted(error)
                guard (attempted.error as? any ClassifiedFailure)?.failureClass == .passing else {
                    throw attempted.error
                }
                if attempted.madeProgress { failuresInARow = 1 }
                let delay = policy.delay(
                    afterAttempt: failuresInARow, retryAfter: attempted.retryAfter, chance: time.chance())
                guard let delay else { throw attempted.error }
                try await time.sleep(delay)
                attempt += 1
                failuresInARow += 1
            }
        }
    }
}
