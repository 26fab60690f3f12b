/// What of a project is wanted beside its own dependencies, in uv's terms. It counts for `pyproject.toml` and `uv.lock`.
public struct PackageSelection: Sendable, Hashable, Codable {
    /// Dependency groups (PEP 735) by name.
    public var groups: [String]
    /// Extras by name.
    public var extras: [String]
    /// Whether every extra is wanted.
    public var allExtras: Bool

    /// Takes the parts.
    public init(groups: [String] = [], extras: [String] = [], allExtras: Bool = false) {
        self.groups = groups
        self.extras = extras
        self.allExtras = allExtras
    }

    /// Whether nothing more is wanted.
    public var isEmpty: Bool { groups.isEmpty && extras.isEmpty && !allExtras }
}
