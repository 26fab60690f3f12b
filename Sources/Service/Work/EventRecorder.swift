import Build
import Diagnostics
import FoundationEssentials
import OCI
import Spec
import Synchronization

/// Stores a build's events, in small batches, behind the build's back: telling it of an event never waits.
final class EventRecorder: Sendable {
    private struct Progress: Hashable {
        let activity: BuildProgress.Activity
        let subject: String
    }

    private struct State {
        var waiting: [String] = []
        var told: [Progress: ContinuousClock.Instant] = [:]
        var omitted = 0
        var isLost = false
    }

    private let store: any EventStore
    private let lease: Lease
    private let scrubber: TextScrubber
    private let bell: Doorbell
    private let state = Mutex(State())

    /// How often a batch is written.
    private static let pause = Duration.milliseconds(100)
    /// How often one piece of work's progress is told.
    private static let progressPause = Duration.milliseconds(500)
    /// So many events wait at most, when the database takes none; further ones are counted and left out.
    private static let room = 5000

    init(store: any EventStore, lease: Lease, scrubber: TextScrubber, bell: Doorbell) {
        self.store = store
        self.lease = lease
        self.scrubber = scrubber
        self.bell = bell
    }

    /// Where the engine tells of events.
    var events: BuildEvents { BuildEvents { self.record($0) } }

    private func record(_ event: BuildEvent) {
        if case .progress(let progress) = event, !isDue(progress) { return }
        guard let bytes = try? CanonicalJSON.encode(event) else { return }
        let text = scrubber.scrubbed(String(decoding: bytes, as: UTF8.self))
        state.withLock { state in
            if state.waiting.count < Self.room { state.waiting.append(text) } else { state.omitted += 1 }
        }
    }

    private func isDue(_ progress: BuildProgress) -> Bool {
        let key = Progress(activity: progress.activity, subject: progress.subject)
        return state.withLock { state in
            let now = ContinuousClock.now
            if progress.isFinished {
                state.told[key] = nil
                return true
            }
            if let last = state.told[key], now - last < Self.progressPause { return false }
            state.told[key] = now
            return true
        }
    }

    /// Writes batches until the task is cancelled or the lease is lost.
    func run(onLost: @Sendable () -> Void) async {
        while !Task.isCancelled {
            if await !flush() { return onLost() }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// Writes what is left, if the database takes it in time.
    func finish() async {
        for _ in 0..<10 {
            guard await flush(), state.withLock({ !$0.waiting.isEmpty }) else { return }
            try? await Task.sleep(for: Self.pause)
        }
    }

    /// - Returns: whether the lease holds, as far as is known.
    private func flush() async -> Bool {
        let batch = state.withLock { state in
            if state.omitted > 0, state.waiting.count < Self.room {
                let note = BuildEvent.warning(
                    "\(state.omitted) events are left out: they came faster than they could be kept")
                if let bytes = try? CanonicalJSON.encode(note) {
                    state.waiting.append(String(decoding: bytes, as: UTF8.self))
                }
                state.omitted = 0
            }
            return Array(state.waiting.prefix(200))
        }
        guard !batch.isEmpty else { return true }
        do {
            guard try await store.append(batch, lease: lease) != nil else { return false }
            state.withLock { $0.waiting.removeFirst(batch.count) }
            bell.ring(.build(lease.build.id))
        } catch {
            // The database will be back; whether the lease lasted is for the heartbeat to find out.
        }
        return true
    }
}
