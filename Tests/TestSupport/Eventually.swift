/// What a test waited for in vain.
public struct NeverHappened: Error, CustomStringConvertible {
    /// Names it.
    public let description: String

    /// Takes what was waited for.
    public init(_ what: String) { description = "it never happened: \(what)" }
}

/// Waits for something to become true; on a busy machine that may take its time, and where it comes true nobody waits longer.
/// - Throws: `NeverHappened` when it takes too long.
public func eventually(
    within limit: Duration = .seconds(120), _ what: String, _ condition: @Sendable () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < deadline else { throw NeverHappened(what) }
        try await Task.sleep(for: .milliseconds(20))
    }
}
