import Synchronization

/// Counts refused tokens by client address: one who was refused too often within a minute waits for the next.
final class LoginFailures: Sendable {
    private struct Window {
        var minute: Int64
        var counts: [String: Int]
    }

    private let limit: Int
    private let clock: @Sendable () -> Duration
    private let window = Mutex(Window(minute: 0, counts: [:]))
    /// More addresses than this in one minute share a count: memory has an end.
    private static let addresses = 10_000

    /// - Parameters:
    ///   - limit: how many refusals a minute an address has.
    ///   - clock: tells the time since some start.
    init(limit: Int = 20, clock: @escaping @Sendable () -> Duration) {
        self.limit = limit
        self.clock = clock
    }

    /// By the clock that goes on while the machine sleeps.
    convenience init(limit: Int = 20) {
        let start = ContinuousClock.now
        self.init(limit: limit) { start.duration(to: .now) }
    }

    /// How many seconds an address has to wait; nil if it need not.
    func wait(for address: String) -> Int? {
        let now = clock().components.seconds
        return window.withLock { window in
            Self.turn(&window, to: now / 60)
            return window.counts[Self.key(address, window), default: 0] >= limit ? Int(60 - now % 60) : nil
        }
    }

    /// Counts a refusal.
    func failed(_ address: String) {
        let now = clock().components.seconds
        window.withLock { window in
            Self.turn(&window, to: now / 60)
            window.counts[Self.key(address, window), default: 0] += 1
        }
    }

    private static func turn(_ window: inout Window, to minute: Int64) {
        if window.minute != minute { window = Window(minute: minute, counts: [:]) }
    }

    private static func key(_ address: String, _ window: Window) -> String {
        window.counts[address] == nil && window.counts.count >= addresses ? "others" : address
    }
}
