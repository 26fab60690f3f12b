import Diagnostics
import Interface
import SystemPackage
import Yams

/// A value of the server's configuration, read strictly: what has the wrong kind, is out of its range or is not known is
/// an error that names the file, the line and the key.
///
/// `Codable` would pass over unknown keys, and tells no line.
struct ConfigurationNode {
    private let node: Node
    private let file: String
    private let line: Int
    /// The keys from the root to here: `housekeeping.interval`.
    private let path: String

    /// Reads a document; an empty one is an empty mapping.
    init(yaml text: String, file: String) throws(ServiceError) {
        self.file = file
        line = 1
        path = ""
        do {
            node = try Yams.compose(yaml: text) ?? Node.mapping(Node.Mapping([]))
        } catch {
            let (line, problem) = Self.problem(of: error)
            throw ServiceError(
                .invalidConfiguration, "the server's configuration is not YAML: \(problem)",
                context: [FailureContext("file", line.map { "\(file):\($0)" } ?? file)])
        }
    }

    private init(_ node: Node, in parent: ConfigurationNode, line: Int?, path: String) {
        self.node = node
        file = parent.file
        self.line = node.mark?.line ?? line ?? parent.line
        self.path = path
    }

    private static func problem(of error: any Error) -> (line: Int?, text: String) {
        switch error as? YamlError {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            (mark.line, problem)
        case .duplicatedKeysInMapping(let keys, let context):
            (context.mark.line, "the key '\(keys.sorted().joined(separator: "', '"))' is there twice")
        case .reader(let problem, _, _, _): (nil, problem)
        default: (nil, "\(error)")
        }
    }

    /// An error about this value.
    /// - Parameter what: what is said of it: `is missing`.
    func error(_ what: String, hints: [String] = [], cause: (any Error)? = nil) -> ServiceError {
        ServiceError(
            .invalidConfiguration, path.isEmpty ? "the server's configuration \(what)" : "'\(path)' \(what)",
            context: [FailureContext("file", "\(file):\(line)")], hints: hints, cause: cause)
    }

    // MARK: Kinds

    /// A mapping with some of the keys.
    func mapping(_ keys: [String]) throws(ServiceError) -> ConfigurationMapping {
        guard let mapping = node.mapping else { throw error("must be a mapping of keys to values") }
        var values: [String: ConfigurationNode] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? "?"
            let child = ConfigurationNode(
                value, in: self, line: key.mark?.line, path: path.isEmpty ? name : "\(path).\(name)")
            guard keys.contains(name) else {
                let hint =
                    nearest(to: name, among: keys).map { "did you mean '\($0)'?" }
                    ?? "the keys here are \(keys.joined(separator: ", "))"
                // The place of the key, not of its value.
                let place = FailureContext("file", "\(file):\(key.mark?.line ?? line)")
                throw ServiceError(
                    .invalidConfiguration, "'\(child.path)' is no setting of the server", context: [place],
                    hints: [hint])
            }
            values[name] = child
        }
        return ConfigurationMapping(node: self, values: values)
    }

    /// A mapping of any keys to texts.
    func texts() throws(ServiceError) -> [String: String] {
        guard let mapping = node.mapping else { throw error("must be a mapping of keys to texts") }
        var values: [String: String] = [:]
        for (key, value) in mapping {
            let name = key.scalar?.string ?? "?"
            values[name] = try ConfigurationNode(
                value, in: self, line: key.mark?.line, path: "\(path).\(name)"
            ).text()
        }
        return values
    }

    /// The elements of a list.
    func list() throws(ServiceError) -> [ConfigurationNode] {
        guard let sequence = node.sequence else { throw error("must be a list") }
        return sequence.enumerated().map { number, element in
            ConfigurationNode(element, in: self, line: nil, path: "\(path)[\(number)]")
        }
    }

    /// A text or number as it is written.
    func text() throws(ServiceError) -> String {
        guard let scalar = node.scalar else { throw error("must be a text") }
        let isQuoted = scalar.style == .doubleQuoted || scalar.style == .singleQuoted
        guard isQuoted || !["", "~", "null"].contains(scalar.string) else { throw error("has no value") }
        guard !scalar.string.isEmpty else { throw error("is empty") }
        guard scalar.string.unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw error("holds a control character")
        }
        return scalar.string
    }

    /// A text that obeys a rule.
    /// - Parameter rule: what it is not otherwise: `an absolute path`.
    func text(_ rule: String, hints: [String] = [], where isValid: (String) -> Bool) throws(ServiceError) -> String {
        let text = try text()
        guard isValid(text) else { throw error("is '\(text)', which is not \(rule)", hints: hints) }
        return text
    }

    /// `true` or `false`.
    func flag() throws(ServiceError) -> Bool {
        try text("true or false") { ["true", "false"].contains($0) } == "true"
    }

    /// A whole number of a range.
    func integer(_ range: ClosedRange<Int>) throws(ServiceError) -> Int {
        let text = try text("a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).map(range.contains) ?? false
        }
        return Int(text) ?? range.lowerBound
    }

    /// A size of at least one byte: `10GB`.
    func size() throws(ServiceError) -> Int64 {
        let text = try text("a size such as 10GB or 512MiB") { (parsed(bytes: $0) ?? 0) > 0 }
        return parsed(bytes: text) ?? 0
    }

    /// A time: `30s`.
    func duration(atLeast least: Duration) throws(ServiceError) -> Duration {
        let text = try text("a time such as 30s, 15m or 7d") { parsed(duration: $0) != nil }
        let duration = parsed(duration: text) ?? least
        guard duration >= least else {
            throw error("is '\(text)', and at least \(formatted(seconds: least / .seconds(1))) is needed")
        }
        return duration
    }

    /// A path; a relative one starts at a directory.
    func path(from directory: FilePath) throws(ServiceError) -> FilePath {
        directory.pushing(FilePath(try text())).lexicallyNormalized()
    }

    /// `host` or `host:port`.
    func host() throws(ServiceError) -> String {
        try text("a host, or a host and a port", hints: ["write it without https:// and without a path"]) { text in
            !text.contains("/") && !text.contains("@") && !text.contains { $0.isWhitespace }
        }
    }

    /// The elements of a list, each read by a rule.
    func list<Value>(_ read: (ConfigurationNode) throws(ServiceError) -> Value) throws(ServiceError) -> [Value] {
        var values: [Value] = []
        for element in try list() { values.append(try read(element)) }
        return values
    }
}

/// A mapping of the configuration whose keys are all known.
struct ConfigurationMapping {
    /// The mapping itself, for errors.
    let node: ConfigurationNode
    let values: [String: ConfigurationNode]

    /// The value of a key; nil where it is left out.
    subscript(key: String) -> ConfigurationNode? { values[key] }

    /// The value of a key that must be there.
    func required(_ key: String) throws(ServiceError) -> ConfigurationNode {
        guard let value = values[key] else { throw node.error("lacks '\(key)'") }
        return value
    }
}
