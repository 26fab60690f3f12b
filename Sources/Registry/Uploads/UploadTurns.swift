import OCI
import Synchronization
import Transfer

/// Lets those of one process who would upload the same blob to the same repository take turns: the first one uploads, and
/// the others find it there when their turn comes. So builds that run side by side, each with credentials of its own, send a
/// layer once.
///
/// A turn is not `SharedWork`: who waits does not get the other's result, which may be an error of the other's credentials
/// or its cancellation, but asks the registry in its own name.
final class UploadTurns: Sendable {
    /// What is uploaded, and where to.
    struct Key: Sendable, Hashable {
        /// `scheme://host:port`.
        let origin: String
        /// The repository, without the host.
        let repository: String
        let digest: Digest
    }

    private struct Row {
        let limit = ConcurrencyLimit(1)
        var length = 0
    }

    /// Those of all clients of this process.
    static let ofProcess = UploadTurns()

    private let rows = Mutex<[Key: Row]>([:])

    /// Runs an operation as soon as nobody else is at the same.
    /// - Parameter operation: hears whether somebody was before it.
    func run<Value>(
        _ key: Key, isolation: isolated (any Actor)? = #isolation,
        _ operation: (_ hasWaited: Bool) async throws -> Value
    ) async throws -> Value {
        let (limit, hasCompany) = rows.withLock { rows in
            let row = rows[key, default: Row()]
            rows[key] = row
            rows[key]?.length += 1
            return (row.limit, row.length > 0)
        }
        defer {
            rows.withLock { rows in
                rows[key]?.length -= 1
                if rows[key]?.length == 0 { rows[key] = nil }
            }
        }
        return try await limit.run { try await operation(hasCompany) }
    }
}
