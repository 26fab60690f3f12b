import Diagnostics
import Glibc
import Logging
public import ServiceLifecycle
import Synchronization

/// The workers of this process: each takes one build after the other. Any number of processes may have one on the same
/// database and data directory.
///
/// In a service group it stops in good order: nothing new is begun, what runs may end within the settings' `drain`, and what
/// does not goes back to the queue. A task that is cancelled stops at once and leaves its builds to whoever finds their
/// leases expired.
public struct WorkerPool: Service {
    private let service: BuildService
    private let name: String
    private let attempts = Attempts()

    /// Makes a pool.
    /// - Parameter name: by which the database knows these workers.
    public init(_ service: BuildService, name: String? = nil) {
        self.service = service
        self.name = name ?? "\(Self.host)-\(getpid())"
    }

    private static var host: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "host" }
        return buffer.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "host" }
    }

    /// Works until the process stops.
    public func run() async throws {
        let (service, attempts) = (service, attempts)
        await withGracefulShutdownHandler {
            await withTaskGroup(of: Void.self) { group in
                for number in 1...max(1, service.settings.workers) {
                    group.addTask { await work(as: "\(name)/\(number)") }
                }
            }
        } onGracefulShutdown: {
            attempts.close()
            service.bell.ring(.work)
            Task {
                try? await Task.sleep(for: service.settings.drain)
                attempts.stopAll()
            }
        }
    }

    private func work(as worker: String) async {
        let settings = service.settings
        while !Task.isCancelled, attempts.isOpen {
            let ticket = service.bell.ticket()
            do {
                let lease = try await service.store.claim(
                    worker: worker, leaseFor: settings.lease, attemptLimit: settings.attemptLimit)
                guard let lease else {
                    // What other processes accept or leave is found within a second.
                    let pause = Duration.milliseconds(.random(in: 500...1000))
                    await service.bell.wait(for: .work, since: ticket, atMost: pause)
                    continue
                }
                let control = AttemptControl()
                let id = attempts.begin(control)
                await Worker(service, lease, control: control).run()
                attempts.end(id)
            } catch {
                if Task.isCancelled { return }
                service.logger.error("no build can be taken: \(error)")
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}

/// What runs in a pool.
private final class Attempts: Sendable {
    private struct State {
        var isOpen = true
        var isStopping = false
        var next = 0
        var running: [Int: AttemptControl] = [:]
    }

    private let state = Mutex(State())

    /// Whether new ones may begin.
    var isOpen: Bool { state.withLock { $0.isOpen } }

    func close() { state.withLock { $0.isOpen = false } }

    func begin(_ control: AttemptControl) -> Int {
        let (id, isStopping) = state.withLock { state in
            state.next += 1
            state.running[state.next] = control
            return (state.next, state.isStopping)
        }
        if isStopping { control.stop(.stopping) }
        return id
    }

    func end(_ id: Int) { state.withLock { $0.running[id] = nil } }

    func stopAll() {
        let running = state.withLock { state in
            state.isStopping = true
            return Array(state.running.values)
        }
        for control in running { control.stop(.stopping) }
    }
}
