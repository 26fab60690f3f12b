/// What of a project `uv sync` installs, in its terms: with the groups that count by default, and the project itself.
public struct ProjectSync: Sendable, Hashable, Codable {
    /// What of a workspace itself is left out.
    public enum Omission: String, Sendable, Hashable, Codable {
        /// The project (`--no-install-project`).
        case project
        /// All members of the workspace (`--no-install-workspace`).
        case workspace
        /// All that lies in directories (`--no-install-local`).
        case local
    }

    /// Whether the groups that count by default are wanted, `dev` or what `tool.uv.default-groups` says.
    public var takesDefaultGroups: Bool
    /// Whether every group is wanted.
    public var takesAllGroups: Bool
    /// Groups that are not wanted; `dev` need not be there.
    public var excludedGroups: [String]
    /// Groups that are wanted without the project's own dependencies; empty means all of the project.
    public var onlyGroups: [String]
    /// Extras that are not wanted.
    public var excludedExtras: [String]
    /// What of the workspace itself is left out; nil installs the project.
    public var omission: Omission?
    /// Whether the project's code is installed rather than used where it lies.
    public var copiesCode: Bool

    /// The usual; what differs can be set.
    public init() {
        takesDefaultGroups = true
        takesAllGroups = false
        excludedGroups = []
        onlyGroups = []
        excludedExtras = []
        copiesCode = false
    }
}
