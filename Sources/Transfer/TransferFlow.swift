public import Content
import Synchronization

/// Makes a transfer that waits for the other end of its body go on, from any thread (libcurl's pause).
public final class TransferFlow: Sendable {
    private struct State {
        var isResumed = false
        var wake: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// A flow that no transfer has yet.
    public init() {}

    /// Makes the transfer go on, if it waits.
    func resume() {
        let wake = state.withLock { state in
            state.isResumed = true
            return state.wake
        }
        wake?()
    }

    /// Takes what wakes the transfer's thread.
    func attach(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wake = wake } }

    /// Whether the transfer was to go on since this was asked last.
    func takeResumption() -> Bool {
        state.withLock { state in
            defer { state.isResumed = false }
            return state.isResumed
        }
    }
}

/// A stream for the body of a request, whose bytes may still be on their way.
public protocol FlowingReader: ByteReader {
    /// Makes the transfer that reads go on when there are bytes again.
    var flow: TransferFlow { get }
    /// Fills the start of `buffer`; nil where there are no bytes yet, 0 at the end.
    func readAvailable(into buffer: UnsafeMutableRawBufferPointer) throws -> Int?
}

/// What a sink throws to be given the same bytes again, after its request's `flow` was resumed.
struct BodyPaused: Error {}
