/// Lets those who ask for the same thing at the same time share the work of getting it.
package actor SharedWork<Key: Hashable & Sendable, Value: Sendable> {
    private var running: [Key: Task<Value, any Error>] = [:]

    /// Nobody is at anything.
    package init() {}

    /// Does the work of a key, or waits for it where somebody is at it already.
    ///
    /// Cancelling one of those who wait ends the work; the others, not being cancelled, begin it anew.
    package func value(for key: Key, work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        while true {
            try Task.checkCancellation()
            let task = running[key] ?? Task { try await work() }
            running[key] = task
            let result = await withTaskCancellationHandler {
                await task.result
            } onCancel: {
                task.cancel()
            }
            if running[key] == task { running[key] = nil }
            if case .failure(is CancellationError) = result, !Task.isCancelled { continue }
            return try result.get()
        }
    }
}
