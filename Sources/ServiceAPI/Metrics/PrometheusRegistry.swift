public import Metrics
import Synchronization

/// The metrics of this process, handed out in Prometheus' text exposition format 0.0.4.
///
/// It is what swift-metrics reports to: `MetricsSystem.bootstrap(registry)`, once a process, before the first metric is
/// made. Counters are counters; recorders that do not aggregate and meters are gauges; those that aggregate are summaries
/// without quantiles; timers are histograms in seconds. Names and labels that Prometheus does not take are made into ones
/// that it does. A metric that comes again as another kind is kept apart and not handed out.
public final class PrometheusRegistry: MetricsFactory {
    private struct Family {
        let kind: MetricKind
        var series: [MetricLabels: any MetricSeries] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    /// Starts empty.
    public init() {}

    // MARK: Gauges that are read rather than reported

    /// Sets a gauge.
    public func set(_ name: String, labels: [(String, String)] = [], to value: Double) {
        series(.gauge, name, labels) { GaugeSeries($0) }.set(value)
    }

    /// Sets all there is of a gauge: label sets that are not among these vanish.
    public func replace(_ name: String, with samples: [(labels: [(String, String)], value: Double)]) {
        let name = MetricName.metric(name)
        families.withLock { families in
            var family = families[name] ?? Family(kind: .gauge)
            guard family.kind == .gauge else { return }
            family.series = [:]
            for sample in samples {
                let labels = MetricLabels(sample.labels)
                let gauge = GaugeSeries(MetricIdentity(name: name, labels: labels))
                gauge.set(sample.value)
                family.series[labels] = gauge
            }
            families[name] = family
        }
    }

    // MARK: The exposition

    /// All metrics: families sorted by name, each with its HELP, where there is one, and its TYPE.
    public func text() -> String {
        let families = families.withLock { $0 }
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) where !family.series.isEmpty {
            if let help = MetricHelp.texts[name] { text += "# HELP \(name) \(help)\n" }
            text += "# TYPE \(name) \(family.kind.rawValue)\n"
            for (_, series) in family.series.sorted(by: { $0.key.text < $1.key.text }) { series.write(to: &text) }
        }
        return text
    }

    // MARK: swift-metrics

    /// A counter.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        series(.counter, label, dimensions) { CounterSeries($0) }
    }

    /// A counter of fractions.
    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)])
        -> any FloatingPointCounterHandler
    {
        series(.counter, label, dimensions) { CounterSeries($0) }
    }

    /// A gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        series(.gauge, label, dimensions) { GaugeSeries($0) }
    }

    /// A gauge, or where it aggregates a summary.
    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        if aggregate { return series(.summary, label, dimensions) { SummarySeries($0) } }
        return series(.gauge, label, dimensions) { GaugeSeries($0) }
    }

    /// A histogram in seconds. Its name ends in `_seconds`, also where the label does not.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let label = label.hasSuffix("_seconds") ? label : label + "_seconds"
        return series(.histogram, label, dimensions) { HistogramSeries($0) }
    }

    /// Forgets a counter.
    public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }
    /// Forgets a counter.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }
    /// Forgets a gauge.
    public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }
    /// Forgets a gauge or a summary.
    public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }
    /// Forgets a histogram.
    public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

    private func series<Series: MetricSeries>(
        _ kind: MetricKind, _ name: String, _ labels: [(String, String)], make: (MetricIdentity) -> Series
    ) -> Series {
        let identity = MetricIdentity(name: MetricName.metric(name), labels: MetricLabels(labels, kind: kind))
        return families.withLock { families in
            var family = families[identity.name] ?? Family(kind: kind)
            if family.kind == kind, let known = family.series[identity.labels] as? Series { return known }
            let series = make(identity)
            guard family.kind == kind else { return series }
            family.series[identity.labels] = series
            families[identity.name] = family
            return series
        }
    }

    private func remove(_ handler: AnyObject) {
        guard let series = handler as? any MetricSeries else { return }
        let identity = series.identity
        families.withLock { families in
            guard families[identity.name]?.series[identity.labels] === handler else { return }
            families[identity.name]?.series[identity.labels] = nil
        }
    }
}
