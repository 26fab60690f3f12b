import Spec

/// Python packages as a command asks for them.
struct PackageInstallation: Equatable {
    /// Requirements files; the paths are as written.
    var files: [String] = []
    /// Requirements among the arguments.
    var requirements: [String] = []
    /// Where they come from.
    var indexes = PackageIndexes()
    /// Which environment they go to.
    var target: InstallTarget

    /// Programs that install packages. Cooperage installs without them, so that asking for nothing else changes nothing.
    private static let installers: Set<String> = ["pip", "setuptools", "wheel", "uv"]

    /// Reads the arguments behind `install`.
    init(_ arguments: CommandArguments, into target: InstallTarget) throws(CommandRefusal) {
        self.target = target
        for option in arguments.options {
            switch option.effect {
            case .requirements:
                guard !option.value.contains("://"), option.value != "-" else {
                    throw CommandRefusal(
                        reason: "its requirements are not in a file of the context", word: option.value)
                }
                files.append(option.value)
            case .index:
                guard indexes.indexURL == nil || indexes.indexURL == option.value else {
                    throw CommandRefusal(reason: "it names two indexes", word: option.name)
                }
                indexes.indexURL = option.value
            case .extraIndex: indexes.extraIndexURLs.append(option.value)
            case .findLinks: indexes.findLinks.append(option.value)
            case .none, .refused: break
            }
        }
        for operand in arguments.operands { requirements.append(try Self.requirement(operand)) }
        guard !files.isEmpty || !requirements.isEmpty else {
            throw CommandRefusal(reason: "it names nothing to install")
        }
    }

    /// Whether uv installs them, and not pip.
    var isByUv: Bool {
        switch target {
        case .uv, .python: true
        case .program, .user: false
        }
    }

    /// Whether only programs that install are asked for.
    var isOfInstallers: Bool {
        files.isEmpty && requirements.allSatisfy { Self.installers.contains(Self.name(of: $0).lowercased()) }
    }

    private static func name(of requirement: String) -> String {
        String(requirement.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) })
    }

    /// A requirement of an index: a name, perhaps with extras, versions and a marker.
    private static func requirement(_ word: ShellWord) throws(CommandRefusal) -> String {
        let text = word.text
        func refuse(_ reason: String, _ hints: [String] = []) -> CommandRefusal {
            CommandRefusal(reason: reason, word: text, hints: hints)
        }
        let shown = SourceText.shown(text, limit: 80)
        let isProject = text == "." || text.hasPrefix(".[") || text.hasPrefix("./") || text.hasPrefix("../")
        guard !isProject else {
            throw refuse(
                "'\(shown)' is a project to be built, and nothing is built",
                ["name its requirements in a file, and COPY the code"])
        }
        let name = name(of: text)
        let rest = text.dropFirst(name.count).drop { $0 == " " }
        guard let first = name.utf8.first, first.isNameStart, name.utf8.last?.isNameStart ?? false,
            rest.isEmpty || "[=<>!~;(".contains(rest.first ?? "@")
        else {
            throw refuse(
                "'\(shown)' is not a requirement that an index can answer",
                text.contains("://") || text.contains("/") || rest.hasPrefix("@")
                    ? ["packages come from indexes, as wheels; put such a line into a requirements file"] : [])
        }
        let version = rest.prefix { $0 != ";" }
        guard !version.contains("/"), !version.contains("@"), !["whl", "zip", "gz", "txt"].contains(suffix(of: text))
        else {
            throw refuse("'\(shown)' is a file or a URL, not a requirement that an index can answer")
        }
        return text
    }

    private static func suffix(of text: String) -> String {
        text.lastIndex(of: ".").map { text[text.index(after: $0)...].lowercased() } ?? ""
    }
}

extension UInt8 {
    fileprivate var isNameStart: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

/// The variables that pip and uv read: what a command is told beside its arguments.
enum InstallerVariables {
    private static let withoutEffect: Set<String> = [
        "PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_DEFAULT_TIMEOUT", "PIP_TIMEOUT",
        "PIP_RETRIES", "PIP_ROOT_USER_ACTION", "PIP_NO_INPUT", "PIP_PROGRESS_BAR", "PIP_NO_COLOR", "PIP_QUIET",
        "PIP_BREAK_SYSTEM_PACKAGES", "PIP_PREFER_BINARY", "PIP_NO_WARN_SCRIPT_LOCATION", "PIP_NO_COMPILE",
        "PIP_VERSION", "UV_NO_CACHE", "UV_CACHE_DIR", "UV_COMPILE_BYTECODE", "UV_LINK_MODE", "UV_SYSTEM_PYTHON",
        "UV_HTTP_TIMEOUT", "UV_NO_PROGRESS", "UV_BREAK_SYSTEM_PACKAGES", "UV_PYTHON_DOWNLOADS", "UV_VERSION",
        "UV_CONCURRENT_DOWNLOADS", "UV_CONCURRENT_INSTALLS", "UV_CONCURRENT_BUILDS", "UV_PROJECT_ENVIRONMENT",
        "UV_TOOL_BIN_DIR", "UV_TOOL_DIR", "UV_PYTHON_INSTALL_DIR", "UV_PYTHON_BIN_DIR", "UV_PYTHON_CACHE_DIR",
        "UV_NO_MANAGED_PYTHON", "UV_NO_SYNC", "UV_FROZEN", "UV_LOCKED", "UV_DEV", "UV_NO_DEV", "UV_VENV_SEED",
        "UV_VENV_CLEAR", "UV_REQUEST_TIMEOUT", "UV_HTTP_RETRIES", "UV_NO_CONFIG",
    ]

    /// What the variables add to a command's indexes.
    static func apply(_ variables: [String: String], to indexes: PackageIndexes, isUv: Bool) throws(CommandRefusal)
        -> PackageIndexes
    {
        var result = indexes
        let prefix = isUv ? "UV_" : "PIP_"
        for name in variables.keys.sorted() where name.hasPrefix(prefix) {
            let value = variables[name] ?? ""
            guard !value.isEmpty, !withoutEffect.contains(name) else { continue }
            let values = value.split(whereSeparator: \.isWhitespace).map(String.init)
            switch name {
            case "PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX": result.indexURL = result.indexURL ?? value
            case "PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX": result.extraIndexURLs += values
            case "PIP_FIND_LINKS", "UV_FIND_LINKS": result.findLinks += values
            default:
                throw CommandRefusal(
                    reason: "the variable \(name) is set, which changes what it does in a way that is not known")
            }
        }
        return result
    }
}
