import Build
import Diagnostics
import Spec
import Synchronization

/// Tells people, once, that a server does not answer, and when it answers again. One failure is passed over in silence:
/// a connection that breaks and stands again a moment later is nobody's concern.
final class ConnectionWatch: Sendable {
    private struct State {
        var failures = 0
        var isTold = false
    }

    private let address: ServerAddress
    private let events: BuildEvents
    private let state = Mutex(State())

    init(_ address: ServerAddress, events: BuildEvents) {
        self.address = address
        self.events = events
    }

    func failed(_ error: any Error) {
        let isNews = state.withLock { state in
            state.failures += 1
            guard state.failures >= 2, !state.isTold else { return false }
            state.isTold = true
            return true
        }
        guard isNews else { return }
        let why = (error as? any Diagnostic)?.message ?? "\(error)"
        events.emit(.warning("\(address) does not serve us now, and is asked again for some minutes: \(why)"))
    }

    func succeeded() {
        let isNews = state.withLock { state in
            defer { state = State() }
            return state.isTold
        }
        if isNews { events.emit(.notice("\(address) answers again")) }
    }
}
