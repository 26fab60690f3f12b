import Spec

/// The settings of pip or uv that say where packages come from. They are read from a secret: no value is in an error.
struct InstallerConfiguration: Equatable {
    var indexURL: String?
    var extraIndexURLs: [String] = []
    var findLinks: [String] = []

    /// Settings that change nothing of what is installed.
    private static let withoutEffect: Set<String> = [
        "timeout", "retries", "no-cache-dir", "cache-dir", "disable-pip-version-check", "no-input", "no-color", "quiet",
        "verbose", "progress-bar", "root-user-action", "break-system-packages", "prefer-binary", "no-cache",
        "link-mode",
        "compile-bytecode", "python-downloads", "no-progress", "concurrent-downloads", "concurrent-installs", "system",
        "no-warn-script-location", "no-compile", "compile",
    ]

    /// Reads `pip.conf`: what its sections `global` and `install` say (pip's documentation, "Configuration").
    init(pip text: String, id: String) throws {
        var section = ""
        var values: [(key: String, value: String)] = []
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            let content = line.trimmed
            if content.isEmpty || content.hasPrefix("#") || content.hasPrefix(";") { continue }
            if line.first?.isWhitespace == true, !values.isEmpty {
                values[values.count - 1].value += "\n" + content
            } else if content.hasPrefix("["), content.hasSuffix("]") {
                section = String(content.dropFirst().dropLast())
            } else {
                guard let mark = content.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
                    throw Self.error(id, "a line of it is neither a section nor a setting")
                }
                guard section == "global" || section == "install" else { continue }
                let key = content[..<mark].trimmed.lowercased().replacing("_", with: "-")
                values.append((key, content[content.index(after: mark)...].trimmed))
            }
        }
        for (key, value) in values {
            let words = value.split(whereSeparator: \.isWhitespace).map(String.init)
            switch key {
            case "index-url": indexURL = words.first
            case "extra-index-url": extraIndexURLs += words
            case "find-links": findLinks += words
            case "trusted-host" where words.allSatisfy(isPlain): continue
            case _ where Self.withoutEffect.contains(key): continue
            default: throw Self.error(id, "its setting '\(key)' cannot be followed")
            }
        }
        try check(id)
    }

    /// Reads `uv.toml` (uv's documentation, "Settings"): its own keys and those of `[pip]`.
    init(uv text: String, id: String) throws {
        let document: SettingNode
        do {
            document = try SettingNode(toml: text)
        } catch {
            throw Self.error(id, "it is not TOML")
        }
        try read(document, id)
        try check(id)
    }

    private mutating func read(_ node: SettingNode, _ id: String) throws {
        guard case .mapping(let entries) = node.kind else { throw Self.error(id, "it is no table") }
        for entry in entries {
            switch entry.key {
            case "index-url": indexURL = try Self.texts(entry.value, id).first
            case "extra-index-url": extraIndexURLs += try Self.texts(entry.value, id)
            case "find-links": findLinks += try Self.texts(entry.value, id)
            case "index":
                guard case .list(let indexes) = entry.value.kind else { throw Self.error(id, "'index' is no list") }
                for index in indexes { try readIndex(index, id) }
            case "pip": try read(entry.value, id)
            case _ where Self.withoutEffect.contains(entry.key): continue
            default: throw Self.error(id, "its setting '\(entry.key)' cannot be followed")
            }
        }
    }

    private mutating func readIndex(_ node: SettingNode, _ id: String) throws {
        guard case .mapping(let entries) = node.kind else { throw Self.error(id, "'index' is no list of tables") }
        var (url, isDefault): (String?, Bool) = (nil, false)
        for entry in entries {
            switch entry.key {
            case "url": url = try Self.texts(entry.value, id).first
            case "default": isDefault = try Self.texts(entry.value, id) == ["true"]
            case "name": continue
            default: throw Self.error(id, "'\(entry.key)' of an index cannot be followed")
            }
        }
        guard let url else { throw Self.error(id, "an index has no URL") }
        if isDefault { indexURL = url } else { extraIndexURLs.append(url) }
    }

    private static func texts(_ node: SettingNode, _ id: String) throws -> [String] {
        switch node.kind {
        case .text(let text): return [text]
        case .list(let nodes): return try nodes.flatMap { try texts($0, id) }
        default: throw error(id, "a setting of an index is no text")
        }
    }

    /// Whether a host is asked by plain HTTP alone: then that it is trusted says nothing more.
    private func isPlain(_ host: String) -> Bool {
        let urls = ([indexURL].compactMap(\.self) + extraIndexURLs + findLinks).filter { $0.contains(host) }
        return !urls.isEmpty && urls.allSatisfy { $0.hasPrefix("http://") }
    }

    private func check(_ id: String) throws {
        let urls = [indexURL].compactMap(\.self) + extraIndexURLs
        guard urls.allSatisfy({ $0.hasPrefix("https://") || $0.hasPrefix("http://") }),
            findLinks.allSatisfy({ $0.contains("://") })
        else { throw Self.error(id, "an index of it is no URL") }
    }

    private static func error(_ id: String, _ why: String) -> InterfaceError {
        Origin.flag("--secret").error("the secret '\(id)', a file of an installer's settings, cannot be read: \(why)")
    }
}

extension PackageIndexes {
    /// Takes what settings say, where nothing else does.
    mutating func add(_ configuration: InstallerConfiguration) {
        indexURL = indexURL ?? configuration.indexURL
        extraIndexURLs += configuration.extraIndexURLs.filter { !extraIndexURLs.contains($0) }
        findLinks += configuration.findLinks.filter { !findLinks.contains($0) }
    }
}

extension StringProtocol {
    fileprivate var trimmed: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
