import Metrics
import Synchronization

/// One line, or one group of lines, of the exposition.
protocol MetricSeries: AnyObject, Sendable {
    var identity: MetricIdentity { get }
    func write(to text: inout String)
}

/// A number as the exposition has it.
private func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    // Up to 2^53 every whole number is exact.
    if value == value.rounded(), abs(value) <= 0x1p53 { return String(Int64(value)) }
    return "\(value)"
}

/// What only grows.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    let identity: MetricIdentity
    private let value = Mutex(0.0)

    init(_ identity: MetricIdentity) { self.identity = identity }

    func increment(by amount: Int64) { increment(by: Double(amount)) }

    func increment(by amount: Double) {
        guard amount.isFinite, amount > 0 else { return }
        value.withLock { $0 += amount }
    }

    func reset() { value.withLock { $0 = 0 } }

    func write(to text: inout String) { text += "\(identity.line()) \(number(value.withLock { $0 }))\n" }
}

/// What goes up and down.
final class GaugeSeries: MetricSeries, RecorderHandler, MeterHandler {
    let identity: MetricIdentity
    private let value = Mutex(0.0)

    init(_ identity: MetricIdentity) { self.identity = identity }

    func set(_ value: Double) { self.value.withLock { $0 = value } }
    func set(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func record(_ value: Int64) { set(Double(value)) }
    func increment(by amount: Double) { value.withLock { $0 += amount } }
    func decrement(by amount: Double) { value.withLock { $0 -= amount } }

    func write(to text: inout String) { text += "\(identity.line()) \(number(value.withLock { $0 }))\n" }
}

/// How many values there were, and their sum.
final class SummarySeries: MetricSeries, RecorderHandler {
    let identity: MetricIdentity
    private let state = Mutex((count: 0, sum: 0.0))

    init(_ identity: MetricIdentity) { self.identity = identity }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        guard value.isFinite else { return }
        state.withLock { state in
            state.count += 1
            state.sum += value
        }
    }

    func write(to text: inout String) {
        let (count, sum) = state.withLock { $0 }
        text += "\(identity.line("_sum")) \(number(sum))\n\(identity.line("_count")) \(count)\n"
    }
}

/// How many durations were at most so long, in seconds.
final class HistogramSeries: MetricSeries, TimerHandler {
    /// From an answer out of memory to a build that installs everything anew.
    static let bounds: [Double] = [
        0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600,
    ]

    private struct State {
        /// One more than there are bounds: those that are longer than all of them.
        var counts = [Int](repeating: 0, count: HistogramSeries.bounds.count + 1)
        var sum = 0.0
    }

    let identity: MetricIdentity
    private let state = Mutex(State())

    init(_ identity: MetricIdentity) { self.identity = identity }

    func recordNanoseconds(_ duration: Int64) {
        let seconds = Double(max(0, duration)) / 1e9
        let bucket = Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += seconds
        }
    }

    func write(to text: inout String) {
        let state = state.withLock { $0 }
        var count = 0
        for (bound, inBucket) in zip(Self.bounds.map(number) + ["+Inf"], state.counts) {
            count += inBucket
            text += "\(identity.line("_bucket", "le=\"\(bound)\"")) \(count)\n"
        }
        text += "\(identity.line("_sum")) \(number(state.sum))\n\(identity.line("_count")) \(count)\n"
    }
}
