import Logging
package import RegistryTesting
package import ServiceLifecycle
import Synchronization

/// Stands before a registry: lets requests through, holds them, or refuses them.
package final class Gate: Sendable {
    private struct State {
        var isClosed = false
        var refusal: LoopbackResponse?
        var waiting = 0
    }

    private let state = Mutex(State())

    /// Starts open.
    package init() {}

    /// How many requests were held.
    package var waiting: Int { state.withLock { $0.waiting } }

    package func close() { state.withLock { $0.isClosed = true } }

    package func open() {
        state.withLock {
            $0.isClosed = false
            $0.refusal = nil
        }
    }

    package func refuse(with answer: LoopbackResponse) { state.withLock { $0.refusal = answer } }

    package func forward(_ request: LoopbackRequest, to registry: TestRegistry) async throws -> LoopbackResponse {
        if let refusal = state.withLock({ $0.refusal }) { return refusal }
        if state.withLock({ $0.isClosed }) {
            state.withLock { $0.waiting += 1 }
            while state.withLock({ $0.isClosed }) { try await Task.sleep(for: .milliseconds(10)) }
        }
        return try await registry.answer(request)
    }
}

/// Something that happens once.
package final class Flag: Sendable {
    private let value = Mutex(false)

    /// Starts unset.
    package init() {}

    package var isSet: Bool { value.withLock { $0 } }
    package func set() { value.withLock { $0 = true } }
}

/// Runs a service in a group, and stops it in good order after an operation.
package func stopping(
    _ service: some ServiceLifecycle.Service, after operation: @Sendable () async throws -> Void
) async throws {
    let group = ServiceGroup(services: [service], logger: Logger(label: "test"))
    async let running: Void = group.run()
    try await operation()
    await group.triggerGracefulShutdown()
    try await running
}
