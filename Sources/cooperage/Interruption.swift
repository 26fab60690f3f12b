import Dispatch
import Glibc
import Synchronization

/// Ctrl-C and SIGTERM: the first one stops the work in good order, the second one ends the program at once.
final class Interruption: Sendable {
    private let received = Mutex<Int32?>(nil)
    // Used on one queue after `init`; sources are not marked as Sendable.
    private nonisolated(unsafe) let sources: [any DispatchSourceSignal]

    /// Listens from now on.
    /// - Parameter stop: stops the work; called once, on another thread.
    init(stop: @escaping @Sendable () -> Void) {
        // A queue of its own always gets a thread, however busy the others are.
        let queue = DispatchQueue(label: "cooperage.signals")
        // What a shell has us ignore, as it does with jobs in the background, stays ignored. All else is taken from its
        // default action, so that dispatch alone sees it.
        let numbers = [SIGINT, SIGTERM].filter { number in
            let before = Glibc.signal(number, SIG_IGN)
            return unsafeBitCast(before, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
        }
        sources = numbers.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
        for (source, number) in zip(sources, numbers) {
            source.setEventHandler { [self] in
                let isFirst = received.withLock { received in
                    defer { received = received ?? number }
                    return received == nil
                }
                guard isFirst else { _exit(128 + number) }
                stop()
            }
            source.resume()
        }
    }

    /// The first signal that came, if one did.
    var signal: Int32? { received.withLock(\.self) }
}
