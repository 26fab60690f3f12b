/// Which names of variables and options tell that a secret is in them. The words are those of BuildKit's check
/// `SecretsUsedInArgOrEnv`.
enum SecretNames {
    private static let words: Set<String> = [
        "apikey", "auth", "credential", "credentials", "key", "password", "passphrase", "pword", "passwd", "secret",
        "token",
    ]
    /// What is known to be for everybody, and what is about a secret without being one.
    private static let harmless: Set<String> = [
        "public", "file", "path", "dir", "url", "uri", "type", "name", "id", "length", "limit", "size", "ttl", "expiry",
        "expires", "algorithm", "header", "provider", "method", "mode", "enabled",
    ]

    /// Whether a variable of this name, or an option, holds a secret: `HF_TOKEN`, `--db-password`.
    static func tell(_ name: some StringProtocol) -> Bool {
        let parts = name.lowercased().split { $0 == "_" || $0 == "-" || $0 == "." }.map(String.init)
        guard parts.contains(where: words.contains), let last = parts.last else { return false }
        return !harmless.contains(last) && !parts.contains("public")
    }

    /// Whether a name leaves no doubt; `key` and `auth` have other meanings in options.
    static func tellForSure(_ name: some StringProtocol) -> Bool {
        let parts = name.lowercased().split { $0 == "_" || $0 == "-" || $0 == "." }.map(String.init)
        let sure: Set<String> = ["apikey", "password", "passphrase", "passwd", "secret", "token"]
        return tell(name) && (parts.contains(where: sure.contains) || (parts.contains("api") && parts.contains("key")))
    }

    /// Whether a value can be the secret itself: not where it is empty, a switch, a path, or another variable.
    static func isLiteral(_ value: some StringProtocol) -> Bool {
        let text = value.drop { $0 == "\"" || $0 == "'" }
        guard let first = text.first, !"$/<`".contains(first) else { return false }
        return !["true", "false", "yes", "no", "none", "null", "0", "1", "…", "***"].contains(
            text.lowercased().filter { $0 != "\"" && $0 != "'" })
    }
}
