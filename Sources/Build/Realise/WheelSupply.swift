import Content
import Diagnostics
import OCI
import Python
import Spec

/// Brings the wheels of layers into the cache.
struct WheelSupply: Sendable {
    let cache: BuildCache
    let wheels: WheelFetcher
    let events: BuildEvents

    /// Fetches what the cache lacks of a layer's wheels.
    /// - Parameter inputs: where they can be had.
    func fetch(_ layer: WheelLayer, inputs: PlanInputs) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for installation in layer.wheels where try !has(installation.wheel) {
                guard let wheel = inputs.wheels[installation.wheel.digest] else {
                    throw BuildError(
                        .invalidSpec, "nothing says where the wheel \(installation.wheel.filename) can be had")
                }
                group.addTask {
                    let report = ProgressReport(events, .downloading, subject: wheel.filename, total: wheel.size)
                    try await wheels.fetch(wheel, credentials: inputs.credentials) { report.moved(to: $0) }
                    report.finished(at: wheel.size ?? 0)
                }
            }
            try await group.waitForAll()
        }
    }

    private func has(_ wheel: WheelReference) throws -> Bool {
        guard let size = wheel.size else { return try cache.content.contains(wheel.digest) }
        return try cache.content.blob(wheel.digest, size: size) != nil
    }
}
