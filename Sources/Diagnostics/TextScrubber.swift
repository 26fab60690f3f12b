/// Takes out of texts what no reader may see: passwords that somebody echoed, and where a server keeps its files.
public struct TextScrubber: Sendable {
    private let replacements: [(text: String, other: String)]

    /// - Parameters:
    ///   - secrets: passwords. Short ones are left, since they would be found everywhere.
    ///   - paths: directories, and what they are called instead.
    public init(secrets: [String], paths: [(path: String, other: String)] = []) {
        let secrets = secrets.filter { $0.utf8.count >= 6 }.flatMap { secret in
            // As URLs have it, too.
            Set([secret, PercentEncoding.value(secret)]).map { (text: $0, other: "…") }
        }
        let paths = paths.map { (text: $0.path, other: $0.other) }
        // The longest first, of which others may be parts.
        replacements = (secrets + paths).sorted { $0.text.utf8.count > $1.text.utf8.count }
    }

    /// A text without them.
    public func scrubbed(_ text: String) -> String {
        replacements.reduce(text) { $0.contains($1.text) ? $0.replacing($1.text, with: $1.other) : $0 }
    }
}
