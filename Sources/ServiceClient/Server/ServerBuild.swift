public import Diagnostics
import FoundationEssentials
public import Interface
import OCI
public import Service

/// A build as the server tells it.
public struct ServerBuild: Sendable, Hashable, Codable {
    /// By which it is asked for.
    public var id: String
    /// The project that it belongs to.
    public var project: String
    /// Where it stands.
    public var state: BuildState
    /// Who asked for it.
    public var requestedBy: String
    /// Whether somebody asked for its end.
    public var cancelRequested: Bool
    /// How often a worker began it.
    public var attempts: Int
    /// When it was accepted, RFC 3339.
    public var createdAt: String
    /// When a worker first began it.
    public var startedAt: String?
    /// When it ended.
    public var finishedAt: String?
    /// What was asked for.
    public var build: BuildSubmission
    /// What it came to, once it has succeeded.
    public var outcome: BuildOutcome?
    /// Why it failed, once it has.
    public var problem: BuildProblem?

    private enum CodingKeys: String, CodingKey {
        case id, project, state, attempts, build, outcome, problem
        case requestedBy = "requested_by"
        case cancelRequested = "cancel_requested"
        case createdAt = "created_at"
        case startedAt = "started_at"
        case finishedAt = "finished_at"
    }

    /// What it came to.
    /// - Throws: `ClientError` with the server's words where it failed or was called off.
    public func succeeded() throws(ClientError) -> BuildOutcome {
        switch (state, outcome, problem) {
        case (.succeeded, let outcome?, _): return outcome
        case (.cancelled, _, _): throw ClientError(.cancelled, "the build \(id) was called off")
        case (.failed, _, let problem?): throw ClientError(problem)
        default: throw ClientError(.invalidAnswer, "the build \(id) is \(state.rawValue), and nothing tells why")
        }
    }
}

/// A part of a list of builds.
struct ServerBuildPage: Decodable {
    var builds: [ServerBuild]
    var nextCursor: String?

    private enum CodingKeys: String, CodingKey {
        case builds
        case nextCursor = "next_cursor"
    }
}

// MARK: For people

extension ServerBuild {
    /// The line of a list.
    public var row: BuildListReport.Row {
        let image =
            outcome.flatMap { $0.references.last } ?? build.tags.first?.description
            ?? outcome?.descriptor.digest.description ?? "-"
        return BuildListReport.Row(
            id: id, state: cancelRequested && !state.isFinal ? "cancelling" : state.rawValue,
            created: Self.withoutFraction(createdAt), seconds: seconds, image: image)
    }

    /// From its beginning to its end.
    var seconds: Double? {
        let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        guard let startedAt, let finishedAt, let start = try? format.parse(startedAt),
            let end = try? format.parse(finishedAt)
        else { return nil }
        return end.timeIntervalSince(start)
    }

    private static func withoutFraction(_ time: String) -> String {
        guard let point = time.firstIndex(of: ".") else { return time }
        return time[..<point] + "Z"
    }

    /// All that there is to tell, for `FieldsReport`.
    public var fields: [FieldsReport.Field] {
        var fields: [FieldsReport.Field] = [
            .init("build", id), .init("project", project), .init("state", row.state), .init("by", requestedBy),
            .init("created", createdAt),
        ]
        func add(_ name: String, _ value: String?) { if let value { fields.append(.init(name, value)) } }
        add("started", startedAt)
        add("finished", finishedAt)
        if attempts > 1 { add("attempts", "\(attempts)") }
        switch build.base {
        case .catalog(let name): add("base", name)
        case .reference(let reference): add("base", reference.description)
        case .layout(let path): add("base", "layout \(path)")
        case .scratch: add("base", "scratch")
        }
        for platform in build.platforms { add("platform", platform.description) }
        add("context", build.context?.description)
        for path in build.manifests { add("manifest", path) }
        for tag in build.tags { add("tag", tag.description) }
        add("digest", outcome?.descriptor.digest.description)
        for reference in outcome?.references ?? [] { add("image", reference) }
        if let outcome, build.pushes { add("uploaded", formatted(bytes: outcome.uploadedBytes)) }
        add("error", problem?.message)
        for place in problem?.context ?? [] { add("at", place) }
        for hint in problem?.hints ?? [] { add("hint", hint) }
        return fields
    }
}
