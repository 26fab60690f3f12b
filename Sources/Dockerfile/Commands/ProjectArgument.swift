/// A directory with a project among the arguments of an installer: `.`, `./sub[extra]`, `/app`.
struct ProjectArgument: Equatable {
    /// The directory as it is written.
    var path: String
    /// The extras in brackets, with these; empty for none.
    var extras: String
    /// Whether its code is used where it lies.
    var isEditable: Bool

    /// Nil for a text that names no directory, or that a requirements file could not hold.
    init?(_ text: String, isEditable: Bool = false) {
        let start = text.firstIndex(of: "[") ?? text.endIndex
        let path = text[..<start]
        let extras = text[start...]
        let isPath =
            path == "." || path == ".." || path.hasPrefix("./") || path.hasPrefix("../") || path.hasPrefix("/")
            || (isEditable && !path.contains(":") && !path.contains("@"))
        let isArchive = [".whl", ".zip", ".gz", ".bz2", ".xz", ".tgz", ".txt"].contains { path.hasSuffix($0) }
        guard isPath, !path.isEmpty, !isArchive, extras.isEmpty || extras.hasSuffix("]"),
            !text.contains(where: { $0.isWhitespace || "#;\"'*?$`\\".contains($0) })
        else { return nil }
        self.path = String(path)
        self.extras = String(extras)
        self.isEditable = isEditable
    }
}
