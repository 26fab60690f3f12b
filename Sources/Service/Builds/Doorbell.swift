import Synchronization

/// Wakes those of this process who wait for something to change in the database, so that they need not ask it all the time.
/// What other processes change is seen by asking now and then.
final class Doorbell: Sendable {
    /// What changed.
    enum Bell: Hashable, Sendable {
        /// There may be a build to begin.
        case work
        /// A build has new events, or another state.
        case build(String)
        /// A build is to be called off.
        case cancellation(String)
    }

    private struct State {
        var count: UInt64 = 0
        /// The latest rings, so that nobody has to be remembered who may never come to wait.
        var latest: [Bell?] = Array(repeating: nil, count: 512)
        var waiting: [Bell: [UInt64: CheckedContinuation<Void, Never>]] = [:]
        var next: UInt64 = 0

        /// Whether a bell rang after the ticket was taken, as far as that is remembered.
        func rang(_ bell: Bell, since ticket: UInt64) -> Bool {
            guard count - ticket <= UInt64(latest.count) else { return true }
            return (ticket..<count).contains { latest[Int($0 % UInt64(latest.count))] == bell }
        }
    }

    private let state = Mutex(State())

    /// Wakes all who wait.
    func ring(_ bell: Bell) {
        let waiting = state.withLock { state in
            state.latest[Int(state.count % UInt64(state.latest.count))] = bell
            state.count += 1
            return state.waiting.removeValue(forKey: bell) ?? [:]
        }
        for continuation in waiting.values { continuation.resume() }
    }

    /// What `wait` is told, so that a ring between the look at the database and the wait is not missed.
    func ticket() -> UInt64 { state.withLock { $0.count } }

    /// Returns when the bell rang since the ticket, the time is over, or the task is cancelled.
    func wait(for bell: Bell, since ticket: UInt64, atMost duration: Duration) async {
        let id = state.withLock { state in
            state.next += 1
            return state.next
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.sleep(on: bell, since: ticket, id) }
            group.addTask { try? await Task.sleep(for: duration) }
            await group.next()
            group.cancelAll()
        }
    }

    private func sleep(on bell: Bell, since ticket: UInt64, _ id: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in
                    guard !Task.isCancelled, !state.rang(bell, since: ticket) else { return false }
                    state.waiting[bell, default: [:]][id] = continuation
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { $0.waiting[bell]?.removeValue(forKey: id) }
            continuation?.resume()
        }
    }
}
