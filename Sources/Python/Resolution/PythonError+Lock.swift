import Diagnostics
import SystemPackage

extension PythonError {
    /// The error for a lock that was made for something else than what is asked for now.
    /// - Parameters:
    ///   - changes: what a new one would change, a line each.
    ///   - command: what writes it anew.
    static func outdated(_ path: FilePath, changes: [String], by command: String) -> PythonError {
        PythonError(
            .lockOutdated,
            (["the lock '\(path)' does not fit the manifests any more"] + changes).joined(separator: "\n"),
            context: [FailureContext("file", path.string)], hints: ["write it anew by '\(command)'"])
    }
}
