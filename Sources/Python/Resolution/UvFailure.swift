import Diagnostics

/// Tells what uv's failure means.
enum UvFailure {
    /// The error for a run that failed: uv's own words whole, without credentials.
    static func error(from output: UvOutput, doing action: String) -> PythonError {
        var words = URLCredentials.redacted(output.standardError)
        while words.last?.isWhitespace ?? false { words.removeLast() }
        if words.isEmpty { words = "exit status \(output.status)" }
        let isNetwork = passing.contains { words.contains($0) }
        if words.contains("No interpreter found") {
            return PythonError(
                .uvMissing, "uv needs a Python interpreter to \(action), of any version, and finds none\n\(words)",
                hints: ["install python3, or install uv into a virtual environment"])
        }
        return PythonError(
            isNetwork ? .uvFailed : .unresolvable, "uv cannot \(action)\n\(words)",
            hints: isNetwork ? ["check the network and the index's address"] : hints(for: words))
    }

    private static let passing = [
        "Failed to fetch", "error sending request", "Request failed", "dns error", "timed out", "Connection",
        "Failed to download", "No space left",
    ]

    private static func hints(for words: String) -> [String] {
        guard words.contains("no usable wheels") || words.contains("Building source distributions") else { return [] }
        return ["only wheels are installed: build one with 'uv build --wheel' and name its directory with --find-links"]
    }
}
