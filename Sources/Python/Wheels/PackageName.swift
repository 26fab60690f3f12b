/// The names of projects (names and normalization, packaging.python.org).
public enum PackageName {
    /// Lower case, with each run of `-`, `_` and `.` as one `-`.
    public static func normalised(_ name: some StringProtocol) -> String {
        var result = ""
        var separates = false
        for character in name {
            if character == "-" || character == "_" || character == "." {
                separates = true
                continue
            }
            if separates, !result.isEmpty { result.append("-") }
            separates = false
            result.append(contentsOf: character.lowercased())
        }
        return result
    }
}
