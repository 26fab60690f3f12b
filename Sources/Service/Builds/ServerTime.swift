/// A moment by the database's clock, in milliseconds since 1970-01-01 UTC. All processes on one database share that
/// clock, so that leases and expiries mean the same to each of them.
public struct ServerTime: Sendable, Hashable, Comparable, Codable {
    /// Milliseconds since 1970.
    public var milliseconds: Int64

    /// Takes milliseconds since 1970.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// A moment so much later; the end of time is where the number ends.
    public static func + (time: ServerTime, duration: Duration) -> ServerTime {
        let (seconds, attoseconds) = duration.components
        let end: Int64 = seconds < 0 ? .min : .max
        let (whole, isLong) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, isFar) = time.milliseconds.addingReportingOverflow(isLong ? end : whole)
        let (exact, isPast) = sum.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return ServerTime(milliseconds: isLong || isFar || isPast ? end : exact)
    }

    /// The earlier one is smaller.
    public static func < (left: ServerTime, right: ServerTime) -> Bool { left.milliseconds < right.milliseconds }
}
