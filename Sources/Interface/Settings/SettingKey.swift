/// A key of settings files: the name of a flag without its dashes, and what it sets. A key that takes several values may
/// also be written in the plural.
struct SettingKey: Sendable {
    typealias Path<Value> = any WritableKeyPath<Settings, Value> & Sendable

    /// What may stand under a key.
    enum Shape: Sendable {
        case text(Path<Given<String>?>)
        case list(Path<[Given<String>]>)
        /// A mapping of names to values, or a list of `name=value`.
        case pairs(Path<[Given<String>]>)
        case words(Path<Given<CommandWords>?>)
        case flag(Path<Given<Bool>?>)
    }

    let name: String
    let plural: String?
    let shape: Shape

    private init(_ name: String, plural: String? = nil, _ shape: Shape) {
        self.name = name
        self.plural = plural
        self.shape = shape
    }

    static let all = [
        SettingKey("base", .text(\.base)),
        SettingKey("requirements", .list(\.requirements)),
        SettingKey("group", plural: "groups", .list(\.groups)),
        SettingKey("extra", plural: "extras", .list(\.extras)),
        SettingKey("all-extras", .flag(\.allExtras)),
        SettingKey("tag", plural: "tags", .list(\.tags)),
        SettingKey("platform", plural: "platforms", .list(\.platforms)),
        SettingKey("output", plural: "outputs", .list(\.outputs)),
        SettingKey("push", .flag(\.pushes)),
        SettingKey("label", plural: "labels", .pairs(\.labels)),
        SettingKey("annotation", plural: "annotations", .pairs(\.annotations)),
        SettingKey("env", .pairs(\.environment)),
        SettingKey("entrypoint", .words(\.entrypoint)),
        SettingKey("cmd", .words(\.command)),
        SettingKey("user", .text(\.user)),
        SettingKey("workdir", .text(\.workingDirectory)),
        SettingKey("code", .text(\.code)),
        SettingKey("code-root", .text(\.codeRoot)),
        SettingKey("index-url", .text(\.indexURL)),
        SettingKey("extra-index-url", plural: "extra-index-urls", .list(\.extraIndexURLs)),
        SettingKey("find-links", .list(\.findLinks)),
        SettingKey("lock-file", .text(\.lockFile)),
        SettingKey("locked", .flag(\.locked)),
        SettingKey("exclude-newer", .text(\.excludeNewer)),
        SettingKey("upgrade", .flag(\.upgrades)),
        SettingKey("allow-source-builds", .flag(\.allowsSourceBuilds)),
        SettingKey("compile-bytecode", .flag(\.compilesBytecode)),
        SettingKey("max-layer-size", .text(\.layerLimit)),
        SettingKey("no-cache", .flag(\.ignoresCache)),
        SettingKey("pull", .flag(\.pulls)),
        SettingKey("metadata-file", .text(\.metadataFile)),
        SettingKey("iidfile", .text(\.imageIDFile)),
        SettingKey("sbom", .text(\.sbomFile)),
        SettingKey("sbom-format", .text(\.sbomFormat)),
        SettingKey("attest", .list(\.attestations)),
    ]

    /// Flags that a file cannot set, and why.
    static let flagsOnly = [
        "insecure-registry": "what weakens the transport is said on the command line, not by the files that are built",
        "file": "a Dockerfile is named by -f",
        "secret": "which secrets are lent is said on the command line, not by the files that are built",
        "keyring-provider":
            "whether a helper is run for passwords is said on the command line, or by UV_KEYRING_PROVIDER",
        "progress": "how progress is shown is said on the command line",
        "workers": "how many layers are made at a time is said on the command line",
    ]

    /// The key of a name, singular or plural.
    static func named(_ name: String) -> SettingKey? { all.first { $0.name == name || $0.plural == name } }

    /// Takes this key's value from `flags` if it is there.
    func override(_ settings: inout Settings, by flags: Settings) {
        switch shape {
        case .text(let path): settings[keyPath: path] = flags[keyPath: path] ?? settings[keyPath: path]
        case .words(let path): settings[keyPath: path] = flags[keyPath: path] ?? settings[keyPath: path]
        case .flag(let path): settings[keyPath: path] = flags[keyPath: path] ?? settings[keyPath: path]
        case .list(let path):
            if !flags[keyPath: path].isEmpty { settings[keyPath: path] = flags[keyPath: path] }
        case .pairs(let path): settings[keyPath: path] += flags[keyPath: path]
        }
    }
}
