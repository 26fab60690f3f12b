import Diagnostics
import Yams

/// A mapping of a YAML document that is read strictly: each value is asked for by its key, and what has the wrong kind
/// or is not known is an error that names file, line and key.
///
/// `Codable` would pass over unknown keys, and tells no line.
struct YAMLMapping {
    /// The keys from the document's root to here, for messages: `source.debian`.
    let path: [String]
    private let file: String
    private let line: Int
    private let entries: [(key: String, line: Int, value: Node)]

    /// Reads a document.
    /// - Parameters:
    ///   - keys: the keys that may stand at its root.
    init(text: String, file: String, keys: Set<String>) throws(BaseImageError) {
        let root: Node
        do {
            root = try Yams.compose(yaml: text) ?? Node("")
        } catch {
            throw BaseImageError(
                .invalidDefinition, "'\(file)' is not YAML", context: [FailureContext("file", file)], cause: error)
        }
        try self.init(root, path: [], file: file, keys: keys)
    }

    private init(_ node: Node, path: [String], file: String, keys: Set<String>) throws(BaseImageError) {
        self.path = path
        self.file = file
        line = node.mark?.line ?? 1
        guard let mapping = node.mapping else {
            throw Self.error("must be a mapping of keys to values", path: path, file: file, line: line)
        }
        var entries: [(key: String, line: Int, value: Node)] = []
        for (key, value) in mapping {
            let line = key.mark?.line ?? line
            guard let name = key.scalar?.string, keys.isEmpty || keys.contains(name) else {
                let name = key.scalar?.string ?? "?"
                throw Self.error(
                    "is not a key that is known here", path: path + [name], file: file, line: line,
                    hints: ["the keys here are \(keys.sorted().joined(separator: ", "))"])
            }
            entries.append((name, line, value))
        }
        self.entries = entries
    }

    /// All keys, in the order of the document.
    var keys: [String] { entries.map(\.key) }

    /// A text or number as it is written, checked; nil if the key is not there.
    /// - Parameter rule: what the text must be, for the message: `must be an absolute path`.
    func text(
        _ key: String, _ rule: String = "must not be empty", where isValid: (String) -> Bool = { !$0.isEmpty }
    ) throws(BaseImageError) -> String? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        return try text(entry.value, key, line: entry.line, rule, where: isValid)
    }

    /// A text that must be there.
    func requiredText(
        _ key: String, _ rule: String = "must not be empty", where isValid: (String) -> Bool = { !$0.isEmpty }
    ) throws(BaseImageError) -> String {
        guard let text = try text(key, rule, where: isValid) else {
            throw Self.error("is missing", path: path + [key], file: file, line: line)
        }
        return text
    }

    /// A list of texts; empty if the key is not there.
    func list(
        _ key: String, _ rule: String = "must not be empty", where isValid: (String) -> Bool = { !$0.isEmpty }
    ) throws(BaseImageError) -> [String] {
        guard let entry = entries.first(where: { $0.key == key }) else { return [] }
        guard let sequence = entry.value.sequence else { throw error("must be a list", at: key) }
        var texts: [String] = []
        for node in sequence { texts.append(try text(node, key, line: entry.line, rule, where: isValid)) }
        return texts
    }

    /// A mapping inside of this one; nil if the key is not there.
    /// - Parameter keys: the keys that it may hold; none means any.
    func mapping(_ key: String, keys: Set<String> = []) throws(BaseImageError) -> YAMLMapping? {
        guard let entry = entries.first(where: { $0.key == key }) else { return nil }
        return try YAMLMapping(entry.value, path: path + [key], file: file, keys: keys)
    }

    /// An error about one of this mapping's keys, or about the mapping itself.
    func error(_ rule: String, at key: String? = nil, hints: [String] = []) -> BaseImageError {
        let line = entries.first { $0.key == key }?.line ?? line
        return Self.error(rule, path: path + (key.map { [$0] } ?? []), file: file, line: line, hints: hints)
    }

    private func text(
        _ node: Node, _ key: String, line: Int, _ rule: String, where isValid: (String) -> Bool
    ) throws(BaseImageError) -> String {
        let line = node.mark?.line ?? line
        guard let scalar = node.scalar else {
            throw Self.error("must be text", path: path + [key], file: file, line: line)
        }
        guard isValid(scalar.string) else {
            throw Self.error("is '\(scalar.string)' and \(rule)", path: path + [key], file: file, line: line)
        }
        return scalar.string
    }

    private static func error(
        _ rule: String, path: [String], file: String, line: Int, hints: [String] = []
    ) -> BaseImageError {
        let subject = path.isEmpty ? "the document" : "'\(path.joined(separator: "."))'"
        return BaseImageError(
            .invalidDefinition, "\(subject) \(rule)", context: [FailureContext("file", "\(file):\(line)")],
            hints: hints)
    }
}
