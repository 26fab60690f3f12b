import Synchronization
import Transfer

/// How much goes on at once with one registry, and how fast, shared by all that speak to it: what one is refused slows
/// all down, so that a 429 is not answered by four more requests (containerd#10447).
final class HostPace: Sendable {
    /// Lets so many operations run at once.
    let limit: ConcurrencyLimit
    private let pace: Mutex<Pace>
    private let time: TimeSource

    /// - Parameter transfers: how many operations run at once at most (moby#20936).
    init(transfers: Int, retrier: Retrier) {
        limit = ConcurrencyLimit(transfers)
        pace = Mutex(Pace(transfers: transfers, maximumPause: retrier.policy.maximumRetryAfter))
        time = retrier.time
    }

    /// Waits until a request may go out.
    func admit() async throws {
        let wait = pace.withLock { $0.reserve(at: time.now()) }
        if wait > .zero { try await time.sleep(wait) }
    }

    /// Hears an answer.
    func heard(_ response: HTTPResponse) {
        let transfers = pace.withLock { pace in
            // A busy registry that tells how long it is busy means everybody, too.
            if response.status == 429 || (response.status == 503 && response.retryAfter != nil) {
                pace.refused(at: time.now(), retryAfter: response.retryAfter)
            } else if response.status < 500 {
                pace.accepted()
            }
            return pace.transfers
        }
        limit.resize(to: transfers)
    }
}

/// The pace of one host as a value: halved by a refusal, and growing back with what is accepted.
struct Pace: Sendable, Equatable {
    /// How many operations may run at once now.
    private(set) var transfers: Int
    /// The time between the starts of two requests; zero where there is no limit.
    private(set) var interval = Duration.zero
    private let maximum: Int
    private let maximumPause: Duration
    /// When the next request may start.
    private var nextStart = Duration.zero
    /// Until when a further refusal belongs to the same crowd of requests, and tells nothing new.
    private var reactsFrom = Duration.zero
    private var acceptedInARow = 0

    /// The interval after a first refusal; it doubles with each further one.
    private static let firstInterval = Duration.milliseconds(50)
    private static let longestInterval = Duration.seconds(2)
    /// A shorter one is none.
    private static let shortestInterval = Duration.milliseconds(10)
    private static let crowd = Duration.seconds(1)

    init(transfers: Int, maximumPause: Duration) {
        self.transfers = max(1, transfers)
        maximum = self.transfers
        self.maximumPause = maximumPause
    }

    /// Takes the next place in the row of requests.
    /// - Returns: how long to wait for it.
    mutating func reserve(at now: Duration) -> Duration {
        let start = max(now, nextStart)
        nextStart = start + interval
        return start - now
    }

    /// A request was refused as one too many.
    /// - Parameter retryAfter: how long the registry asks to be left alone. Who asks for more than is waited for is not asked
    ///   again, so nobody else waits for it either.
    mutating func refused(at now: Duration, retryAfter: Duration?) {
        if let retryAfter, retryAfter <= maximumPause { nextStart = max(nextStart, now + retryAfter) }
        guard now >= reactsFrom else { return }
        acceptedInARow = 0
        transfers = max(1, transfers / 2)
        interval = min(max(interval * 2, Self.firstInterval), Self.longestInterval)
        reactsFrom = max(now + Self.crowd, nextStart)
    }

    /// A request was not refused.
    mutating func accepted() {
        interval = interval * 0.9
        if interval < Self.shortestInterval { interval = .zero }
        guard transfers < maximum else { return }
        acceptedInARow += 1
        // One more for each round in which all that may run at once went well four times.
        guard acceptedInARow >= transfers * 4 else { return }
        acceptedInARow = 0
        transfers += 1
    }
}
