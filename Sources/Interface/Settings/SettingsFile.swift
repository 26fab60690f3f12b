import Content
import Diagnostics
public import SystemPackage

/// The settings file of a context: `cooperage.yaml`, or the table `[tool.cooperage]` of its `pyproject.toml`.
public struct SettingsFile: Sendable, Hashable {
    /// Where it lies.
    public let path: FilePath
    /// What it says.
    public let settings: Settings
    /// The other file of the context that has settings, too, and is passed over.
    public let shadowed: FilePath?

    /// The most that a settings file may take, in bytes.
    static let limit = 1 << 20

    /// Reads the settings of a context; nil if it has none.
    /// - Throws: `InterfaceError` (`invalid_settings`) with file, line and key.
    public static func discover(in context: FilePath) throws -> SettingsFile? {
        let yaml = context.appending("cooperage.yaml")
        let pyproject = context.appending("pyproject.toml")
        let table = try text(of: pyproject).flatMap { try SettingNode(pyproject: $0, file: pyproject) }
        if let text = try text(of: yaml) {
            let node = try SettingNode(yaml: text, file: yaml)
            return SettingsFile(
                path: yaml, settings: try node.map { try Settings($0, file: yaml) } ?? Settings(),
                shadowed: table == nil ? nil : pyproject)
        }
        return try table.map {
            SettingsFile(path: pyproject, settings: try Settings($0, file: pyproject), shadowed: nil)
        }
    }

    private static func text(of path: FilePath) throws -> String? {
        guard try FileSystem.status(path)?.kind == .file else { return nil }
        guard let text = String(validating: try FileSystem.read(path, limit: limit), as: UTF8.self) else {
            throw InterfaceError(
                .invalidSettings, "'\(path)' is not UTF-8", context: [FailureContext("file", path.string)])
        }
        return text
    }
}

extension Settings {
    /// Reads the root of a settings file.
    init(_ node: SettingNode, file: FilePath) throws(InterfaceError) {
        self.init()
        guard case .mapping(let entries) = node.kind else {
            throw InterfaceError(
                .invalidSettings, "'\(file)' must be a mapping of settings to values, not \(node.description)",
                context: [FailureContext("file", file.string)])
        }
        var seen: [String: String] = [:]
        for entry in entries {
            let origin = Origin.file(file, line: entry.line, key: entry.key)
            if let reason = SettingKey.flagsOnly[entry.key] {
                throw origin.error("'\(entry.key)' is no setting of a file", hints: [reason])
            }
            guard let key = SettingKey.named(entry.key) else {
                throw origin.error("'\(entry.key)' is no setting", hints: [Self.suggestion(for: entry.key)])
            }
            if let other = seen.updateValue(entry.key, forKey: key.name) {
                throw origin.error("'\(entry.key)' and '\(other)' are the same setting", hints: ["join the two"])
            }
            try set(key, to: entry.value, at: origin)
        }
    }

    private mutating func set(_ key: SettingKey, to node: SettingNode, at origin: Origin) throws(InterfaceError) {
        switch key.shape {
        case .text(let path): self[keyPath: path] = Given(try node.text(at: origin), origin)
        case .list(let path):
            self[keyPath: path] = try node.items(at: origin).map { item throws(InterfaceError) in
                let place = origin.onLine(item.line)
                return Given(try item.text(at: place), place)
            }
        case .pairs(let path): self[keyPath: path] = try node.pairs(at: origin)
        case .words(let path):
            guard case .list(let items) = node.kind else {
                self[keyPath: path] = Given(.text(try node.text(at: origin, wanted: "a text or a list")), origin)
                return
            }
            let words = try items.map { item throws(InterfaceError) in try item.text(at: origin.onLine(item.line)) }
            self[keyPath: path] = Given(.list(words), origin)
        case .flag(let path):
            guard let value = Bool(try node.text(at: origin, wanted: "true or false")) else {
                throw origin.error("'\(origin.key)' must be true or false")
            }
            self[keyPath: path] = Given(value, origin)
        }
    }

    private static func suggestion(for name: String) -> String {
        let names = SettingKey.all.flatMap { [$0.name] + ($0.plural.map { [$0] } ?? []) }
        if let near = nearest(to: name, among: names) { return "did you mean '\(near)'?" }
        return "the settings are \(SettingKey.all.map(\.name).joined(separator: ", "))"
    }
}

extension SettingNode {
    fileprivate func text(at origin: Origin, wanted: String = "a text") throws(InterfaceError) -> String {
        guard case .text(let text) = kind else {
            throw origin.error("'\(origin.key)' must be \(wanted), not \(description)")
        }
        return text
    }

    /// The items of a list; a text alone is a list of one.
    fileprivate func items(at origin: Origin) throws(InterfaceError) -> [SettingNode] {
        switch kind {
        case .list(let items): return items
        case .text: return [self]
        default: throw origin.error("'\(origin.key)' must be a list of texts, not \(description)")
        }
    }

    fileprivate func pairs(at origin: Origin) throws(InterfaceError) -> [Given<String>] {
        guard case .mapping(let entries) = kind else {
            guard case .list(let items) = kind else {
                throw origin.error("'\(origin.key)' must be a mapping of names to values, not \(description)")
            }
            return try items.map { item throws(InterfaceError) in
                let place = origin.onLine(item.line)
                return Given(try item.text(at: place), place)
            }
        }
        return try entries.map { entry throws(InterfaceError) in
            let place = origin.below(entry.key, line: entry.line)
            if case .nothing = entry.value.kind { return Given(entry.key, place) }
            return Given("\(entry.key)=\(try entry.value.text(at: place))", place)
        }
    }
}

extension Origin {
    fileprivate var key: String {
        switch self {
        case .flag(let name): name
        case .file(_, _, let key): key
        }
    }

    fileprivate func onLine(_ line: Int?) -> Origin {
        guard case .file(let path, let own, let key) = self else { return self }
        return .file(path, line: line ?? own, key: key)
    }

    fileprivate func below(_ name: String, line: Int?) -> Origin {
        guard case .file(let path, let own, let key) = self else { return self }
        return .file(path, line: line ?? own, key: "\(key).\(name)")
    }
}
