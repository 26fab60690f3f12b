import Spec

/// Python packages as a command asks for them.
struct PackageInstallation: Equatable {
    /// Requirements files; the paths are as written.
    var files: [String] = []
    /// Requirements among the arguments.
    var requirements: [String] = []
    /// Projects among the arguments.
    var projects: [ProjectArgument] = []
    /// Files that bound versions; the paths are as written.
    var constraints: [String] = []
    /// Options that requirements files can have.
    var lines: [String] = []
    /// How it is to be installed.
    var options = InstallationOptions()
    /// What is wanted of the projects among the files.
    var selection = PackageSelection()
    /// Whether the modules come with their bytecode.
    var compilesBytecode = false
    /// Where they come from.
    var indexes = PackageIndexes()
    /// Which environment they go to.
    var target: InstallTarget

    /// Programs that install packages. Cooperage installs without them, so that asking for nothing else changes nothing.
    private static let installers: Set<String> = ["pip", "setuptools", "wheel", "uv"]

    /// Reads the arguments behind `install`.
    init(
        _ arguments: CommandArguments, into target: InstallTarget, operandsAreFiles: Bool = false
    ) throws(CommandRefusal) {
        self.target = target
        if operandsAreFiles { files = arguments.operands.map(\.text) }
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
        for operand in operandsAreFiles ? [] : arguments.operands {
            if let project = ProjectArgument(operand.text) {
                projects.append(project)
            } else {
                requirements.append(try Self.requirement(operand))
            }
        }
        for path in arguments.values("-e", "--editable") {
            guard let project = ProjectArgument(path, isEditable: true) else {
                throw CommandRefusal(
                    reason: "'\(SourceText.shown(path, limit: 80))' is no directory of the image", word: path,
                    hints: ["what comes from a repository cannot be used where it lies; leave out -e"])
            }
            projects.append(project)
        }
        guard !files.isEmpty || !requirements.isEmpty || !projects.isEmpty else {
            throw CommandRefusal(reason: "it names nothing to install")
        }
        try readOptions(arguments)
    }

    private mutating func readOptions(_ arguments: CommandArguments) throws(CommandRefusal) {
        constraints = arguments.values("-c", "--constraint", "--constraints")
        guard !constraints.contains(where: { $0.contains("://") }) else {
            throw CommandRefusal(reason: "its constraints are not in a file of the context", word: "-c")
        }
        lines = ["--no-index", "--require-hashes"].filter { arguments.has($0) }
        for names in arguments.values("--no-binary") {
            guard !names.contains(where: \.isWhitespace) else {
                throw CommandRefusal(reason: "'\(names)' names no packages", word: names)
            }
            lines.append("--no-binary \(names)")
        }
        options.leavesOutDependencies = arguments.has("--no-deps", "--no-dependencies")
        if arguments.has("--pre") { options.prerelease = "allow" }
        if let value = arguments.value("--prerelease") { try choose(prerelease: value) }
        if let value = arguments.value("--index-strategy") { try choose(indexStrategy: value) }
        if let value = arguments.value("--resolution") { try choose(resolution: value) }
        if arguments.has("-I", "--ignore-installed", "--force-reinstall", "--reinstall")
            || arguments.value("--upgrade-strategy") == "eager"
        {
            options.upgrade = .all
        } else if arguments.has("-U", "--upgrade") {
            options.upgrade = isByUv ? .all : .named
        } else if case let names = arguments.values("-P", "--upgrade-package"), !names.isEmpty {
            options.upgrade = .packages(names.map(Self.name))
        }
        selection = PackageSelection(
            groups: arguments.values("--group"), extras: arguments.values("--extra"),
            allExtras: arguments.has("--all-extras"))
        guard selection.isEmpty || files.contains(where: { $0.hasSuffix(".toml") }) else {
            throw CommandRefusal(
                reason: "it asks for groups or extras of a project, and names none", word: "--group",
                hints: ["name it by -r pyproject.toml"])
        }
        guard !selection.groups.contains(where: { $0.contains(":") }) else {
            throw CommandRefusal(reason: "it asks for groups of another project", word: "--group")
        }
        compilesBytecode = isByUv && arguments.has("--compile-bytecode", "--compile")
    }

    mutating func choose(prerelease value: String) throws(CommandRefusal) {
        let known = ["allow", "disallow", "if-necessary", "explicit", "if-necessary-or-explicit"]
        options.prerelease = try Self.one(of: known, value)
    }

    mutating func choose(indexStrategy value: String) throws(CommandRefusal) {
        options.indexStrategy = try Self.one(
            of: ["first-index", "unsafe-first-match", "unsafe-best-match"], value)
    }

    mutating func choose(resolution value: String) throws(CommandRefusal) {
        options.resolution = try Self.one(of: ["highest", "lowest", "lowest-direct"], value)
    }

    private static func one(of known: [String], _ value: String) throws(CommandRefusal) -> String {
        guard known.contains(value) else {
            throw CommandRefusal(
                reason: "'\(SourceText.shown(value, limit: 40))' is none of \(known.joined(separator: ", "))",
                word: value)
        }
        return value
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
        files.isEmpty && projects.isEmpty
            && requirements.allSatisfy { Self.installers.contains(Self.name(of: $0).lowercased()) }
    }

    /// The names of the requirements.
    var names: [String] { requirements.map { Self.name(of: $0).lowercased() } }

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
