import TOMLKit

/// The extras and the dependency groups that a project has, or the lock of one, by their normalised names.
struct ProjectNames: Sendable {
    /// Its extras; nil where the file does not tell.
    let extras: Set<String>?
    /// Its groups; nil where the file does not tell.
    let groups: Set<String>?

    /// Reads a `pyproject.toml`. One that cannot be read tells nothing: uv will say why.
    init(_ text: String) {
        guard let table = try? TOMLTable(string: text) else {
            (extras, groups) = (nil, nil)
            return
        }
        func names(_ table: TOMLTable?) -> Set<String> { Set((table?.keys ?? []).map { normalizedName($0) }) }
        let project = table["project"]?.table
        let dynamic = project?["dynamic"]?.array ?? TOMLArray()
        // What a build backend computes stands in no file.
        let isComputed = dynamic.contains { $0.string == "optional-dependencies" }
        extras = isComputed ? nil : names(project?["optional-dependencies"]?.table)
        // The older way to write the group `dev` (uv, "Legacy dev-dependencies").
        let hasLegacy = table["tool"]?.table?["uv"]?.table?["dev-dependencies"] != nil
        groups = names(table["dependency-groups"]?.table).union(hasLegacy ? ["dev"] : [])
    }

    /// Reads a `pylock.toml` (PEP 751, `extras` and `dependency-groups`).
    init(pylock text: String) {
        let table = try? TOMLTable(string: text)
        func names(_ key: String) -> Set<String>? {
            table.map { Set(($0[key]?.array ?? TOMLArray()).compactMap(\.string).map { normalizedName($0) }) }
        }
        extras = names("extras")
        groups = names("dependency-groups")
    }
}
