import Content
import Diagnostics
import FoundationEssentials
import OCI
import SystemPackage

extension UvEnvironment {
    /// The environment of a build of sources, which runs code that came with them: what uv and pip are set to, the way to
    /// indexes, and nothing else of the user's.
    /// - Parameters:
    ///   - scratch: a directory of the build's own, for its home and its temporary files.
    ///   - indexes: what requirements files say of where packages come from; what a build needs comes from there, too.
    func forBuild(
        in scratch: FilePath, indexes: [(option: RequirementsLine.IndexOption, value: String)]
    ) throws -> [String: String] {
        var result = variables.filter { name, _ in
            Self.kept.contains(name)
                || (name.hasPrefix("UV_") || name.hasPrefix("PIP_")) && !Self.withheld.contains(name)
                    && !name.hasPrefix("UV_PUBLISH_")
        }
        result.merge(interpreterVariables) { $1 }
        // uv's own settings and passwords lie in the home of the user, which the build does not see.
        if let netrc, FileSystem.exists(netrc) { result["NETRC"] = netrc.string }
        let settings =
            variables["XDG_CONFIG_HOME"].map { FilePath($0) }
            ?? variables["HOME"].map { FilePath($0).appending(".config") }
        if result["UV_CONFIG_FILE"] == nil, let file = settings?.appending("uv").appending("uv.toml"),
            FileSystem.exists(file)
        {
            result["XDG_CONFIG_HOME"] = settings?.string
        }
        for (option, value) in indexes {
            switch option {
            case .index: result["UV_DEFAULT_INDEX"] = result["UV_DEFAULT_INDEX"] ?? value
            case .extraIndex:
                result["UV_INDEX"] = [result["UV_INDEX"], value].compactMap(\.self).joined(separator: " ")
            case .findLinks:
                result["UV_FIND_LINKS"] = [result["UV_FIND_LINKS"], value].compactMap(\.self).joined(separator: ",")
            // uv has a flag for it, and no variable.
            case .noIndex: break
            }
        }
        for (name, directory) in [("HOME", "home"), ("TMPDIR", "tmp")] {
            let path = scratch.appending(directory)
            try FileSystem.makeDirectory(path)
            result[name] = path.string
        }
        // What archives in the wheel carry as their time (reproducible-builds.org): zip knows none before 1980.
        result["SOURCE_DATE_EPOCH"] = "315619200"
        // The order of sets, and with it of what is written from them.
        result["PYTHONHASHSEED"] = "0"
        return result
    }

    /// Which interpreters are taken where one has to run: what is on this machine, unless the user says otherwise.
    var interpreterVariables: [String: String] {
        [
            "UV_PYTHON_DOWNLOADS": interpreterSettings["UV_PYTHON_DOWNLOADS"] ?? "never",
            "UV_PYTHON_PREFERENCE": interpreterSettings["UV_PYTHON_PREFERENCE"] ?? "only-system",
        ]
    }

    /// The environment of git, which may ask an agent or a helper of the user's for passwords.
    /// - Parameter userInfo: `user:password` for an origin, which no argument list may show.
    func forGit(origin: String, userInfo: String?) -> [String: String] {
        var result = LentVariables.withoutAliases(variables)
        result["GIT_TERMINAL_PROMPT"] = "0"
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] { result[name] = nil }
        return Self.addingGitLogin(to: result, origin: origin, userInfo: userInfo)
    }

    /// Variables by which git sends a login to an origin.
    static func addingGitLogin(
        to variables: [String: String], origin: String, userInfo: String?
    ) -> [String: String] {
        var result = variables
        let key = "http.\(origin)/.extraHeader"
        guard let userInfo, origin.hasPrefix("http"), !result.values.contains(key) else { return result }
        let plain = PercentEncoding.decoded(userInfo)
        let number = result["GIT_CONFIG_COUNT"].flatMap { Int($0) } ?? 0
        result["GIT_CONFIG_KEY_\(number)"] = key
        result["GIT_CONFIG_VALUE_\(number)"] = "Authorization: Basic \(Data(plain.utf8).base64EncodedString())"
        result["GIT_CONFIG_COUNT"] = "\(number + 1)"
        return result
    }

    private static let kept: Set<String> = [
        "PATH", "LANG", "LC_ALL", "LC_CTYPE", "NO_COLOR", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
        "http_proxy", "https_proxy", "all_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSL_CLIENT_CERT",
        "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
    ]

    /// Passwords for other things than indexes.
    private static let withheld: Set<String> = ["UV_GITHUB_TOKEN", "UV_PUBLISH_TOKEN"]
}
