import Spec
import Synchronization

/// Tells of one piece of work's progress, no more often than a person can see.
final class ProgressReport: Sendable {
    private let events: BuildEvents
    private let activity: BuildProgress.Activity
    private let subject: String
    private let total: Int64?
    private let last = Mutex(ContinuousClock.now - .seconds(1))

    init(_ events: BuildEvents, _ activity: BuildProgress.Activity, subject: String, total: Int64?) {
        self.events = events
        self.activity = activity
        self.subject = subject
        self.total = total
    }

    /// Tells of bytes so far.
    func moved(to done: Int64) {
        let isDue = last.withLock { last in
            let now = ContinuousClock.now
            guard now - last >= .milliseconds(100) else { return false }
            last = now
            return true
        }
        if isDue { emit(done, isFinished: false) }
    }

    /// Tells that the piece is done.
    func finished(at done: Int64) { emit(done, isFinished: true) }

    private func emit(_ done: Int64, isFinished: Bool) {
        events.emit(
            .progress(
                BuildProgress(activity: activity, subject: subject, done: done, total: total, isFinished: isFinished)))
    }
}
