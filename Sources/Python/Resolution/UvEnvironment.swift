import Content
import Diagnostics
import Spec
import SystemPackage

/// The environment that uv is started with: the user's own, with our settings in it.
///
/// Indexes go this way, since they may hold credentials and an argument list can be read by everybody on the machine.
struct UvEnvironment: Sendable {
    /// Every variable.
    private(set) var variables: [String: String]
    /// What the user says of the interpreters that may be used where one has to run.
    let interpreterSettings: [String: String]
    /// What the user lends to this build.
    let lent: LentVariables

    /// - Parameters:
    ///   - user: the environment of the command line; the service passes a scrubbed one.
    ///   - indexes: where packages come from; what is set here replaces the variable.
    ///   - cache: where uv keeps what it has seen, unless the user says so.
    ///   - uv: the executable, whose directory often has the only interpreter.
    ///   - lent: what the user lends to this build; the netrc file among it is named by `NETRC` already.
    init(
        user: [String: String], indexes: PackageIndexes, cache: FilePath, uv: FilePath,
        lent: LentVariables = LentVariables(SecretSet())
    ) {
        self.lent = lent
        var variables = user.merging(lent.indexVariables) { $1 }.merging(lent.aliases) { $1 }
        interpreterSettings = user.filter { $0.key == "UV_PYTHON_PREFERENCE" || $0.key == "UV_PYTHON_DOWNLOADS" }
        // Settings of another project, interpreter, output or log format would change what we ask for or read.
        for name in Self.removed { variables[name] = nil }
        for (pip, own) in Self.pipNames where variables[own] == nil { variables[own] = variables[pip] }

        if let url = indexes.indexURL { variables["UV_DEFAULT_INDEX"] = url }
        if !indexes.extraIndexURLs.isEmpty { variables["UV_INDEX"] = indexes.extraIndexURLs.joined(separator: " ") }
        if !indexes.findLinks.isEmpty { variables["UV_FIND_LINKS"] = indexes.findLinks.joined(separator: ",") }
        if let date = indexes.excludeNewer { variables["UV_EXCLUDE_NEWER"] = date }

        if (variables["UV_CACHE_DIR"] ?? "").isEmpty { variables["UV_CACHE_DIR"] = cache.string }
        // uv trusts its own list of authorities unless told, and libcurl the system's: a company's proxy would be trusted
        // by one of the two alone.
        if variables["UV_SYSTEM_CERTS"] == nil, variables["UV_NATIVE_TLS"] == nil { variables["UV_SYSTEM_CERTS"] = "1" }
        variables["UV_NO_PROGRESS"] = "1"
        variables["UV_PYTHON_DOWNLOADS"] = "never"
        variables["NO_COLOR"] = "1"
        variables["PATH"] = (variables["PATH"].map { $0 + ":" } ?? "") + uv.removingLastComponent().string
        self.variables = variables
    }

    /// The same with pages of links.
    /// - Parameter alone: whether they are all that counts: what the user gave to choose versions by is left out.
    func withFindLinks(_ pages: [String], alone: Bool) -> UvEnvironment {
        var result = self
        if alone { for name in Self.choosing { result.variables[name] = nil } }
        let given = alone ? [] : [variables["UV_FIND_LINKS"] ?? ""].filter { !$0.isEmpty }
        result.variables["UV_FIND_LINKS"] =
            pages.isEmpty && given.isEmpty ? nil : (given + pages).joined(separator: ",")
        return result
    }

    /// The same with the way to repositories, whose passwords uv would hand to git as arguments.
    func withRepositories(_ origins: [String], _ credentials: URLCredentials) -> UvEnvironment {
        var result = self
        for origin in origins {
            let login = credentials.login(for: origin)
            result.variables = Self.addingGitLogin(to: result.variables, origin: login.origin, userInfo: login.userInfo)
        }
        return result
    }

    /// Whether a keyring is asked for passwords.
    func keyringProvider(configuredBy texts: [String]) -> Keyring.Provider {
        let named = variables[Keyring.Provider.variable].flatMap { $0.isEmpty ? nil : $0 }
        let text = named ?? texts.lazy.compactMap(UvConfiguration.keyringProvider).first
        return text.flatMap(Keyring.Provider.init) ?? .disabled
    }

    /// What can change a resolution, in order and without user information: for the cache key. Passwords and settings
    /// of speed, cache and network are left out.
    var inputs: [(name: String, value: String)] {
        variables.filter { name, _ in
            guard name.hasPrefix("UV_"), !Self.irrelevant.contains(name) else { return false }
            return !name.hasSuffix("_PASSWORD") && !name.hasSuffix("_USERNAME") && !name.hasPrefix("UV_CONCURRENT_")
                && !name.hasPrefix("UV_HTTP_")
        }
        .map { ($0.key, URLCredentials.removed(from: $0.value)) }
        .sorted { $0.name < $1.name }
    }

    /// The files that variables name, and whose text therefore counts: constraints, overrides, configuration.
    var files: [FilePath] {
        ["UV_CONSTRAINT", "UV_OVERRIDES", "UV_OVERRIDE", "UV_EXCLUDES", "UV_EXCLUDE", "UV_CONFIG_FILE"].flatMap {
            name in
            (variables[name] ?? "").split(separator: " ").map { FilePath(String($0)) }
        }
    }

    /// Where hosts' passwords stand (`NETRC`, else `~/.netrc`).
    var netrc: FilePath? {
        variables["NETRC"].map { FilePath($0) } ?? variables["HOME"].map { FilePath($0).appending(".netrc") }
    }

    private static let choosing = [
        "UV_CONSTRAINT", "UV_OVERRIDES", "UV_OVERRIDE", "UV_EXCLUDES", "UV_EXCLUDE", "UV_EXCLUDE_NEWER",
        "UV_PRERELEASE",
        "UV_RESOLUTION",
    ]

    private static let removed = [
        "UV_PROJECT", "UV_WORKING_DIR", "UV_PYTHON", "UV_FROZEN", "UV_LOCKED", "UV_CUSTOM_COMPILE_COMMAND",
        "UV_SYSTEM_PYTHON",
        "UV_NO_SYNC", "UV_PYTHON_PREFERENCE", "UV_PREVIEW", "UV_DEV", "UV_NO_DEV", "RUST_LOG", "FORCE_COLOR",
        "CLICOLOR_FORCE",
    ]

    /// pip's variables and uv's of the same meaning.
    private static let pipNames = [
        ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_EXTRA_INDEX_URL", "UV_INDEX"), ("PIP_CONSTRAINT", "UV_CONSTRAINT"),
    ]

    private static let irrelevant: Set<String> = [
        "UV_CACHE_DIR", "UV_NO_PROGRESS", "UV_PYTHON_DOWNLOADS", "UV_LINK_MODE", "UV_NO_CACHE", "UV_OFFLINE",
        "UV_NATIVE_TLS", "UV_SYSTEM_CERTS", "UV_INSECURE_HOST", "UV_REQUEST_TIMEOUT", "UV_LOG_CONTEXT", "UV_TOOL_DIR",
        "UV_TOOL_BIN_DIR", "UV_PYTHON_INSTALL_DIR", "UV_PYTHON_BIN_DIR", "UV_PROJECT_ENVIRONMENT",
        "UV_COMPILE_BYTECODE",
        "UV_KEYRING_PROVIDER", "UV_INSTALL_DIR", "UV_NO_MODIFY_PATH", "UV_PUBLISH_TOKEN", "UV_GITHUB_TOKEN",
        "UV_LOCK_TIMEOUT",
    ]
}
