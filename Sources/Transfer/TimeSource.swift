/// Time and chance, so that tests need neither.
public struct TimeSource: Sendable {
    /// The time since some fixed moment. It never goes back.
    public var now: @Sendable () -> Duration
    /// Waits; throws `CancellationError` as soon as the task is cancelled.
    public var sleep: @Sendable (Duration) async throws -> Void
    /// A random number in 0..<1.
    public var chance: @Sendable () -> Double

    /// Takes the parts.
    public init(
        now: @escaping @Sendable () -> Duration, sleep: @escaping @Sendable (Duration) async throws -> Void,
        chance: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.sleep = sleep
        self.chance = chance
    }

    /// The system's.
    public static let system: TimeSource = {
        let start = ContinuousClock.now
        return TimeSource(
            now: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) },
            chance: { Double.random(in: 0..<1) })
    }()
}
