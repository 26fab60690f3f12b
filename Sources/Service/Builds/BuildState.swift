/// Where a build stands.
///
///     queued ─ running ─ succeeded
///       ↑        │  ├─── failed
///       └────────┘  └─── cancelled
///
/// A running build goes back to `queued` when its worker dies, or fails for a reason that can pass.
public enum BuildState: String, Sendable, Hashable, Codable, CaseIterable {
    /// Accepted, and waiting for a worker.
    case queued
    /// A worker is at it.
    case running
    /// The image exists; `BuildOutcome` tells its digest.
    case succeeded
    /// It ended with an error that trying again does not mend, or too many times.
    case failed
    /// Somebody called it off.
    case cancelled

    /// Whether nothing more happens to it.
    public var isFinal: Bool { self == .succeeded || self == .failed || self == .cancelled }
}
