import Dispatch

/// Runs work that keeps its thread busy for long, such as hashing, compressing and reading files, on threads of its own.
///
/// All tasks of a process share as many threads as it has cores. If these compute, no transfer goes on, no event is told
/// and no cancellation is heard until they are done. The work stays part of its task and sees its cancellation.
public func blocking<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(BlockingExecutor.shared) { try work() }
}

private final class BlockingExecutor: TaskExecutor {
    static let shared = BlockingExecutor()
    private let queue = DispatchQueue(label: "cooperage.blocking", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let executor = asUnownedTaskExecutor()
        queue.async { job.runSynchronously(on: executor) }
    }
}
