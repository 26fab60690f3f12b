import Spec

/// The variables that pip and uv read: what a command is told beside its arguments.
enum InstallerVariables {
    private static let withoutEffect: Set<String> = [
        "PIP_NO_CACHE_DIR", "PIP_CACHE_DIR", "PIP_DISABLE_PIP_VERSION_CHECK", "PIP_DEFAULT_TIMEOUT", "PIP_TIMEOUT",
        "PIP_RETRIES", "PIP_ROOT_USER_ACTION", "PIP_NO_INPUT", "PIP_PROGRESS_BAR", "PIP_NO_COLOR", "PIP_QUIET",
        "PIP_BREAK_SYSTEM_PACKAGES", "PIP_PREFER_BINARY", "PIP_NO_WARN_SCRIPT_LOCATION", "PIP_NO_COMPILE",
        "PIP_VERSION", "UV_NO_CACHE", "UV_CACHE_DIR", "UV_LINK_MODE", "UV_SYSTEM_PYTHON",
        "UV_HTTP_TIMEOUT", "UV_NO_PROGRESS", "UV_BREAK_SYSTEM_PACKAGES", "UV_PYTHON_DOWNLOADS", "UV_VERSION",
        "UV_CONCURRENT_DOWNLOADS", "UV_CONCURRENT_INSTALLS", "UV_CONCURRENT_BUILDS", "UV_PROJECT_ENVIRONMENT",
        "UV_TOOL_BIN_DIR", "UV_TOOL_DIR", "UV_PYTHON_INSTALL_DIR", "UV_PYTHON_BIN_DIR", "UV_PYTHON_CACHE_DIR",
        "UV_NO_MANAGED_PYTHON", "UV_NO_SYNC", "UV_FROZEN", "UV_LOCKED", "UV_DEV", "UV_NO_DEV", "UV_VENV_SEED",
        "UV_VENV_CLEAR", "UV_REQUEST_TIMEOUT", "UV_HTTP_RETRIES", "UV_NO_CONFIG", "UV_NO_DEFAULT_GROUPS",
        "UV_NO_INSTALL_PROJECT",
        "UV_NO_INSTALL_WORKSPACE", "UV_NO_INSTALL_LOCAL",
    ]

    /// Adds what the variables say to an installation.
    static func apply(_ variables: [String: String], to installation: inout PackageInstallation) throws(CommandRefusal)
    {
        let prefix = installation.isByUv ? "UV_" : "PIP_"
        for name in variables.keys.sorted() where name.hasPrefix(prefix) {
            let value = variables[name] ?? ""
            guard !value.isEmpty, !withoutEffect.contains(name) else { continue }
            let values = value.split(whereSeparator: \.isWhitespace).map(String.init)
            switch name {
            case "PIP_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX":
                installation.indexes.indexURL = installation.indexes.indexURL ?? value
            case "PIP_EXTRA_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX":
                installation.indexes.extraIndexURLs += values
            case "PIP_FIND_LINKS", "UV_FIND_LINKS": installation.indexes.findLinks += values
            case "PIP_CONSTRAINT", "UV_CONSTRAINT":
                guard !values.contains(where: { $0.contains("://") }) else {
                    throw CommandRefusal(
                        reason: "the variable \(name) names constraints that are no file of the context")
                }
                installation.constraints += values
            case "UV_PRERELEASE" where installation.options.prerelease == nil:
                try installation.choose(prerelease: value)
            case "UV_INDEX_STRATEGY" where installation.options.indexStrategy == nil:
                try installation.choose(indexStrategy: value)
            case "UV_RESOLUTION" where installation.options.resolution == nil:
                try installation.choose(resolution: value)
            // By its path it says where packages go.
            case "UV_PYTHON" where value.contains("/"): break
            case "UV_PRERELEASE", "UV_INDEX_STRATEGY", "UV_RESOLUTION": break
            case "UV_COMPILE_BYTECODE": installation.compilesBytecode = installation.compilesBytecode || isTrue(value)
            default: throw unknown(name)
            }
        }
    }

    /// Refuses variables that are not known to leave a command as it is.
    /// - Parameter known: those that the command reads itself.
    static func check(_ variables: [String: String], known: Set<String> = []) throws(CommandRefusal) {
        for name in variables.keys.sorted() where name.hasPrefix("UV_") && !(variables[name] ?? "").isEmpty {
            guard withoutEffect.contains(name) || known.contains(name) else { throw unknown(name) }
        }
    }

    /// Whether a variable of uv's is set to what it takes for true.
    static func isTrue(_ value: String?) -> Bool {
        ["1", "true", "t", "yes", "y", "on"].contains((value ?? "").lowercased())
    }

    /// Those of uv's that say where packages come from and how versions are chosen.
    static let choosing: Set<String> = [
        "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX", "UV_FIND_LINKS", "UV_CONSTRAINT",
        "UV_PRERELEASE", "UV_INDEX_STRATEGY", "UV_RESOLUTION", "UV_COMPILE_BYTECODE",
    ]

    private static func unknown(_ name: String) -> CommandRefusal {
        CommandRefusal(
            reason: "the variable \(name) is set, which changes what it does in a way that is not known")
    }
}
