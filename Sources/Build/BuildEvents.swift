public import Spec

/// Where a build's events go: a value that everything in a build can hold.
public struct BuildEvents: Sendable {
    private let receive: @Sendable (BuildEvent) -> Void

    /// Hands events to a closure, from any thread.
    public init(_ receive: @escaping @Sendable (BuildEvent) -> Void) { self.receive = receive }

    /// Events that nobody wants.
    public static let none = BuildEvents { _ in }

    /// Tells of an event.
    public func emit(_ event: BuildEvent) { receive(event) }

    /// Runs a phase between its two events.
    func phase<Value>(_ phase: BuildPhase, _ body: () async throws -> Value) async rethrows -> Value {
        emit(.phaseStarted(phase))
        let clock = ContinuousClock()
        let start = clock.now
        defer { emit(.phaseEnded(phase, seconds: start.duration(to: clock.now) / .seconds(1))) }
        return try await body()
    }
}
