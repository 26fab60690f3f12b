import Build
import Metrics
import OCI
import Spec

/// What an attempt adds to the server's metrics.
struct AttemptMetrics: Sendable {
    private let build: BuildRecord
    private let start = ContinuousClock.now

    init(_ build: BuildRecord) {
        self.build = build
        guard build.attempts <= 1, let started = build.startedAt else { return }
        let waited = max(0, started.milliseconds - build.createdAt.milliseconds)
        Timer(label: "cooperage_queue_wait_seconds", dimensions: project).recordMilliseconds(waited)
    }

    private var project: [(String, String)] { [("project", build.project)] }

    /// The same events, counted on their way.
    func observing(_ events: BuildEvents) -> BuildEvents {
        BuildEvents { event in
            switch event {
            case .phaseEnded(let phase, let seconds):
                Timer(label: "cooperage_phase_seconds", dimensions: [("phase", phase.rawValue)])
                    .recordNanoseconds(Int64(seconds * 1e9))
            case .layer(let outcome):
                let size = outcome.descriptor.size
                Counter(label: "cooperage_layers_total", dimensions: [("disposition", outcome.disposition.rawValue)])
                    .increment()
                switch outcome.disposition {
                case .pushed: Counter(label: "cooperage_pushed_bytes_total").increment(by: size)
                case .mounted, .present: Counter(label: "cooperage_saved_bytes_total").increment(by: size)
                case .made, .cached: break
                }
            case .progress(let progress) where progress.activity == .downloading && progress.isFinished:
                Counter(label: "cooperage_pulled_bytes_total").increment(by: progress.done)
            default: break
            }
            events.emit(event)
        }
    }

    func ended(_ end: AttemptEnd) {
        Counter(label: "cooperage_attempts_total", dimensions: project + [("end", end.word)]).increment()
        let (seconds, attoseconds) = start.duration(to: .now).components
        Timer(label: "cooperage_attempt_seconds", dimensions: [("end", end.word)])
            .recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
