/// What of a project is wanted beside its own dependencies, in uv's terms. It counts for `pyproject.toml` and `uv.lock`.
public struct PackageSelection: Sendable, Hashable, Codable {
    /// Dependency groups (PEP 735) by name.
    public var groups: [String]
    /// Extras by name.
    public var extras: [String]
    /// Whether every extra is wanted.
    public var allExtras: Bool
    /// What else `uv sync` would install of a project with a `uv.lock`; nil installs no default group and no project.
    public var sync: ProjectSync?

    /// Takes the parts.
    public init(groups: [String] = [], extras: [String] = [], allExtras: Bool = false, sync: ProjectSync? = nil) {
        self.groups = groups
        self.extras = extras
        self.allExtras = allExtras
        self.sync = sync
    }

    /// Whether nothing more is wanted.
    public var isEmpty: Bool { groups.isEmpty && extras.isEmpty && !allExtras && sync == nil }
}
