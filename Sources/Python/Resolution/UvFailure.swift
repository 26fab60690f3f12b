import Diagnostics
import Programs

/// Tells what uv's failure means.
enum UvFailure {
    /// The error for a run that failed: uv's own words whole, without credentials.
    static func error(
        from output: ProcessOutput, doing action: String, without credentials: URLCredentials = URLCredentials()
    ) -> PythonError {
        var words = credentials.scrubbed(output.standardError)
        while words.last?.isWhitespace ?? false { words.removeLast() }
        if words.isEmpty { words = "exit status \(output.status)" }
        let isNetwork = passing.contains { words.contains($0) }
        if words.contains("No interpreter found") {
            return PythonError(
                .uvMissing, "uv needs a Python interpreter to \(action), of any version, and finds none\n\(words)",
                hints: ["install python3, or install uv into a virtual environment"])
        }
        if let hint = hint(forTLS: words) {
            return PythonError(.untrustedIndex, "uv cannot \(action)\n\(words)", hints: [hint])
        }
        return PythonError(
            isNetwork ? .uvFailed : .unresolvable, "uv cannot \(action)\n\(words)",
            hints: isNetwork ? ["check the network and the index's address"] : hints(for: words))
    }

    private static let passing = [
        "Failed to fetch", "error sending request", "Request failed", "dns error", "timed out", "Connection",
        "Failed to download", "No space left",
    ]

    /// What to do where TLS with an index does not come about, as rustls tells it; nil for other failures. uv and we would
    /// try it again in vain.
    private static func hint(forTLS words: String) -> String? {
        if words.contains("invalid peer certificate") {
            return "SSL_CERT_FILE can name the certificates to trust"
        }
        if words.contains("received corrupt message of type InvalidContentType") {
            return "the index seems to speak plain HTTP where https is asked for"
        }
        let verdicts = ["received fatal alert", "peer is incompatible", "peer misbehaved"]
        guard verdicts.contains(where: { words.contains($0) }), !words.contains("InternalError") else { return nil }
        return "the index and uv cannot agree on TLS, or it wants a client's certificate"
    }

    private static func hints(for words: String) -> [String] {
        if words.contains("401 Unauthorized") || words.contains("403 Forbidden") { return [URLCredentials.hint] }
        guard words.contains("no usable wheels") || words.contains("Building source distributions") else { return [] }
        return [PackageSource.permissionHint]
    }
}
