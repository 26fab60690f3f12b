import OCI

/// A build's new state: an event of the build, and the message to its project's webhooks.
struct BuildStateChange: Sendable, Encodable {
    /// As it stands among a build's events.
    struct Event: Sendable, Encodable {
        let event = "state"
        let state: BuildState
        /// Why it failed, or why it is tried again.
        let problem: BuildProblem?

        private enum CodingKeys: String, CodingKey { case event, state, problem }
    }

    let event: Event
    private let build: BuildRecord

    /// - Parameter problem: why it failed, or why it goes back to the queue.
    init(_ build: BuildRecord, problem: BuildProblem?) {
        self.build = build
        event = Event(state: build.state, problem: problem)
    }

    private enum CodingKeys: String, CodingKey { case event, build, project, state, tags, digest, problem }

    /// Writes the message.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("build.state", forKey: .event)
        try container.encode(build.id, forKey: .build)
        try container.encode(build.project, forKey: .project)
        try container.encode(build.state, forKey: .state)
        try container.encode(build.submission.tags.map(\.description), forKey: .tags)
        try container.encodeIfPresent(build.outcome?.descriptor.digest, forKey: .digest)
        try container.encodeIfPresent(event.problem, forKey: .problem)
    }
}
