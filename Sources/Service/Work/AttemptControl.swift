import Synchronization

/// Ends an attempt from outside, and remembers why.
final class AttemptControl: Sendable {
    /// Why it is to end.
    enum Reason: Sendable, Hashable {
        /// Somebody called the build off.
        case cancelled
        /// It is another worker's now.
        case leaseLost
        /// It takes longer than it may.
        case timedOut
        /// This process stops in good order.
        case stopping
        /// This process stops at once.
        case killed
    }

    private struct State {
        var reason: Reason?
        var cancel: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Why the attempt is to end, if it is.
    var reason: Reason? { state.withLock { $0.reason } }

    /// Takes how the work is cancelled.
    func attach(_ cancel: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state in
            state.cancel = cancel
            return state.reason != nil
        }
        if isOver { cancel() }
    }

    /// Ends the attempt. The first reason stays, but a lost lease goes before every other.
    func stop(_ reason: Reason) {
        let cancel = state.withLock { state in
            if state.reason == nil || reason == .leaseLost { state.reason = reason }
            return state.cancel
        }
        cancel?()
    }
}
