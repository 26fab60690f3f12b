import Diagnostics
import SystemPackage
import TOMLKit
import Yams

/// A value of a settings file, YAML or TOML: what both have in common.
struct SettingNode {
    indirect enum Kind {
        /// A text, a number or a truth value, as it is written.
        case text(String)
        case list([SettingNode])
        case mapping([(key: String, line: Int?, value: SettingNode)])
        /// YAML's null.
        case nothing
        /// What a setting cannot be, by its name: a date, a number with a fraction.
        case other(String)
    }

    var kind: Kind
    var line: Int?

    /// What people call it.
    var description: String {
        switch kind {
        case .text: "a text"
        case .list: "a list"
        case .mapping: "a mapping"
        case .nothing: "empty"
        case .other(let name): name
        }
    }
}

extension SettingNode {
    /// Reads a YAML document; nil for an empty one.
    init?(yaml text: String, file: FilePath) throws(InterfaceError) {
        do {
            guard let root = try Yams.compose(yaml: text) else { return nil }
            self.init(root)
        } catch {
            let (line, problem) = Self.problem(of: error)
            let place = file.string + (line.map { ":\($0)" } ?? "")
            throw InterfaceError(
                .invalidSettings, "'\(file)' is not YAML: \(problem)", context: [FailureContext("file", place)])
        }
    }

    private init(_ node: Node) {
        line = node.mark?.line
        switch node {
        case .scalar(let scalar):
            let isNull = scalar.style != .doubleQuoted && scalar.style != .singleQuoted
            kind = isNull && ["", "~", "null"].contains(scalar.string) ? .nothing : .text(scalar.string)
        case .sequence(let sequence): kind = .list(sequence.map { SettingNode($0) })
        case .mapping(let mapping):
            kind = .mapping(
                mapping.map { key, value in
                    (key.scalar?.string ?? "?", key.mark?.line, SettingNode(value))
                })
        case .alias: kind = .other("an alias")
        }
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
}

extension SettingNode {
    /// Reads `[tool.cooperage]` of a pyproject.toml; nil if it has none.
    init?(pyproject text: String, file: FilePath) throws(InterfaceError) {
        // Most projects have no such table, and then the file is uv's business alone.
        guard text.contains("cooperage") else { return nil }
        let document: TOMLTable
        do {
            document = try TOMLTable(string: text)
        } catch {
            let parse = error as? TOMLParseError
            let place = file.string + (parse.map { ":\($0.source.begin.line)" } ?? "")
            throw InterfaceError(
                .invalidSettings, "'\(file)' is not TOML: \(parse?.description ?? "\(error)")",
                context: [FailureContext("file", place)])
        }
        guard let table = document["tool"]?.table?["cooperage"] else { return nil }
        self.init(table)
    }

    /// Reads a TOML document.
    init(toml text: String) throws {
        self.init(try TOMLTable(string: text))
    }

    private init(_ value: any TOMLValueConvertible) {
        line = nil
        switch value.type {
        case .string: kind = .text(value.string ?? "")
        case .int: kind = .text(value.int.map(String.init) ?? "")
        case .bool: kind = .text(value.bool.map(String.init) ?? "")
        case .array: kind = .list((value.array ?? TOMLArray()).map { SettingNode($0) })
        case .table:
            let table = value.table ?? TOMLTable()
            kind = .mapping(table.keys.sorted().compactMap { key in table[key].map { (key, nil, SettingNode($0)) } })
        case .double: kind = .other("a number with a fraction, whose spelling TOML does not keep; quote it")
        case .date, .time, .dateTime: kind = .other("a date; quote it")
        }
    }
}
