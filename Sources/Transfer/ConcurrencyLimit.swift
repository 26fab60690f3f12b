import Synchronization

/// Lets so many run at once and the others wait in order.
public final class ConcurrencyLimit: Sendable {
    private struct State {
        var limit: Int
        var running = 0
        var next = 0
        var waiting: [(ticket: Int, continuation: CheckedContinuation<Void, any Error>)] = []

        /// Those for whom there is room now, the first first.
        mutating func admitted() -> [CheckedContinuation<Void, any Error>] {
            let count = max(0, min(limit - running, waiting.count))
            defer { waiting.removeFirst(count) }
            running += count
            return waiting.prefix(count).map(\.continuation)
        }
    }

    private let state: Mutex<State>

    /// Lets `limit` run at once, at least one.
    public init(_ limit: Int) { state = Mutex(State(limit: max(1, limit))) }

    /// Runs an operation when there is room.
    /// - Throws: `CancellationError` if the task is cancelled while it waits, else what the operation throws.
    public func run<Value>(
        isolation: isolated (any Actor)? = #isolation, _ operation: () async throws -> Value
    ) async throws -> Value {
        try await enter()
        defer { leave() }
        return try await operation()
    }

    private enum Admission { case admitted, cancelled, waiting }

    private func enter() async throws {
        let ticket = state.withLock { state in
            state.next += 1
            return state.next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                switch admit(ticket, continuation) {
                case .admitted: continuation.resume()
                case .cancelled: continuation.resume(throwing: CancellationError())
                case .waiting: break
                }
            }
        } onCancel: {
            let abandoned = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard let place = state.waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
                return state.waiting.remove(at: place).continuation
            }
            abandoned?.resume(throwing: CancellationError())
        }
    }

    private func admit(_ ticket: Int, _ continuation: CheckedContinuation<Void, any Error>) -> Admission {
        state.withLock { state in
            // Asked under the lock, so that a cancellation is seen either here or by the handler.
            if Task.isCancelled { return .cancelled }
            if state.running < state.limit {
                state.running += 1
                return .admitted
            }
            state.waiting.append((ticket, continuation))
            return .waiting
        }
    }

    /// Lets another number run at once from now on, at least one. Those that run are not disturbed.
    public func resize(to limit: Int) {
        let next = state.withLock { state in
            state.limit = max(1, limit)
            return state.admitted()
        }
        for continuation in next { continuation.resume() }
    }

    private func leave() {
        let next = state.withLock { state in
            state.running -= 1
            return state.admitted()
        }
        for continuation in next { continuation.resume() }
    }
}
