/// Whether the context's code comes into the image.
enum CodeMode: String, CaseIterable {
    /// Its files are copied.
    case copied = "copy"
    /// It is left out and loaded at run time, so that a commit does not change the image.
    case omitted = "none"

    /// Reads what was given.
    init(given: Given<String>) throws(InterfaceError) {
        guard let mode = CodeMode(rawValue: given.value) else {
            throw given.origin.error(
                "'\(given.value)' says nothing about the code",
                hints: ["it is one of \(Self.allCases.map(\.rawValue).joined(separator: ", "))"])
        }
        self = mode
    }
}
