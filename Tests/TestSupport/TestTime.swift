import Synchronization
public import Transfer

/// Time that passes only when somebody waits, and then at once; chance that is always one half.
public final class TestTime: Sendable {
    private struct State {
        var now: Duration = .zero
        var waits: [Duration] = []
    }

    private let state = Mutex(State())

    /// Starts at zero.
    public init() {}

    /// How long was waited, each time.
    public var waits: [Duration] { state.withLock { $0.waits } }

    /// Lets time pass.
    public func advance(by duration: Duration) { state.withLock { $0.now += duration } }

    /// The time source to hand to what is tested.
    public var source: TimeSource {
        TimeSource(
            now: { self.state.withLock { $0.now } },
            sleep: { duration in
                try Task.checkCancellation()
                self.state.withLock {
                    $0.now += duration
                    $0.waits.append(duration)
                }
            }, chance: { 0.5 })
    }
}
