/// The groups and extras of a standard lock that are wanted, by their normalised names.
///
/// Markers of such a lock may ask for them, `"dev" in dependency_groups` (PEP 751, "Extending Markers"). uv takes a
/// requirement with such a marker for unwanted, whatever is chosen, so each of these questions is answered before uv
/// reads the marker.
struct LockSelection: Sendable, Hashable {
    let groups: Set<String>
    let extras: Set<String>

    /// A marker without these questions.
    func answered(in marker: String) -> String {
        let question =
            /(?:'(?<single>[^']*)'|"(?<double>[^"]*)")\s+(?<not>not\s+)?in\s+(?<set>extras|dependency_groups)\b/
        return marker.replacing(question) { match in
            let name = normalizedName(match.single ?? match.double ?? "")
            let isIn = (match.set == "extras" ? extras : groups).contains(name)
            // What holds for every Python, and for none.
            return isIn == (match.not == nil) ? "python_version >= '0'" : "python_version < '0'"
        }
    }
}
