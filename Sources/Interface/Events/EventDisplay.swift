public import Spec
import Synchronization

/// Shows events as they come, from any thread, and collects them for the summary.
public final class EventDisplay: Sendable {
    private struct State {
        var renderer: any EventRenderer
        var summary = BuildSummary()
        var isClosed = false
    }

    private let state: Mutex<State>
    private let clock: @Sendable () -> Double
    private let write: @Sendable (String) -> Void

    /// Takes the parts.
    /// - Parameters:
    ///   - clock: tells the seconds since the build began.
    ///   - write: takes text in the order in which it is to appear.
    public init(
        _ renderer: any EventRenderer, clock: @escaping @Sendable () -> Double,
        write: @escaping @Sendable (String) -> Void
    ) {
        state = Mutex(State(renderer: renderer))
        self.clock = clock
        self.write = write
    }

    /// Shows an event.
    public func receive(_ event: BuildEvent) {
        state.withLock { state in
            state.summary.add(event)
            if !state.isClosed { show(state.renderer.render(event, at: clock())) }
        }
    }

    /// Draws the moving part ten times a second until the task is cancelled.
    public func animate(size: @escaping @Sendable () -> Console.Size) async {
        while !Task.isCancelled {
            state.withLock { state in
                if !state.isClosed { show(state.renderer.frame(at: clock(), size: size())) }
            }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// Ends the display: nothing is drawn any more.
    /// - Returns: what happened.
    @discardableResult
    public func close() -> BuildSummary {
        state.withLock { state in
            if !state.isClosed { show(state.renderer.close()) }
            state.isClosed = true
            return state.summary
        }
    }

    private func show(_ text: String) {
        if !text.isEmpty { write(text) }
    }
}
