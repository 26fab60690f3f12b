/// Which builds to list, newest first.
public struct BuildFilter: Sendable, Hashable {
    /// Of these projects; nil is all.
    public var projects: [String]?
    /// In these states; empty is all.
    public var states: [BuildState]
    /// With this name among their tags.
    public var tag: String?
    /// Accepted before the build with this sequence number: the cursor.
    public var before: Int64?
    /// At most so many.
    public var limit: Int

    /// Takes the parts.
    public init(
        projects: [String]? = nil, states: [BuildState] = [], tag: String? = nil, before: Int64? = nil, limit: Int = 50
    ) {
        self.projects = projects
        self.states = states
        self.tag = tag
        self.before = before
        self.limit = limit
    }
}
