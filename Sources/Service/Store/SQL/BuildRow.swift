import Database
import Diagnostics
import FoundationEssentials
import OCI

/// A build as a row of the table `builds`.
enum BuildRow {
    /// What a `BuildRecord` is made of.
    static let columns = """
        sequence, id, project, requested_by, submission, share_key, state, cancel_requested, attempts, created_at, \
        started_at, finished_at, not_before, fence, lease_until, outcome, problem
        """

    static func record(_ row: SQLRow) throws -> BuildRecord {
        let text = try row.text("state")
        guard let state = BuildState(rawValue: text) else {
            throw DatabaseError(.failed, "a build is in the state '\(text)', which this program does not know")
        }
        return BuildRecord(
            id: try row.text("id"), sequence: try row.integer("sequence"), project: try row.text("project"),
            requestedBy: try row.text("requested_by"),
            submission: try decode(BuildSubmission.self, try row.text("submission")),
            shareKey: try Digest(row.text("share_key")), state: state,
            cancelRequested: try row.flag("cancel_requested"), attempts: Int(try row.integer("attempts")),
            createdAt: try ServerTime(row, "created_at"), startedAt: try .optional(row, "started_at"),
            finishedAt: try .optional(row, "finished_at"), notBefore: try ServerTime(row, "not_before"),
            fence: try row.integer("fence"), leaseUntil: try .optional(row, "lease_until"),
            outcome: try row.optionalText("outcome").map { try decode(BuildOutcome.self, $0) },
            problem: try row.optionalText("problem").map { try decode(BuildProblem.self, $0) })
    }

    static func encode(_ value: some Encodable) throws -> String {
        String(decoding: try CanonicalJSON.encode(value), as: UTF8.self)
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ text: String) throws -> Value {
        try CanonicalJSON.decode(type, from: Data(text.utf8))
    }
}
