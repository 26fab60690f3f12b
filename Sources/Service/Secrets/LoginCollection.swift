import Transfer

/// The users and passwords that URLs of indexes hold, taken out of them: they go beside a build and are kept apart.
public struct LoginCollection: Sendable {
    /// By the hosts, `host:port`; the first one counts.
    public private(set) var logins: [BuildSecrets.Login] = []

    /// Starts with none.
    public init() {}

    /// Adds those that were taken before.
    public mutating func add(_ others: [BuildSecrets.Login]) {
        for login in others where !logins.contains(where: { $0.scope == login.scope }) { logins.append(login) }
    }

    /// The URL without user and password. What cannot be read is the service's to refuse.
    public mutating func take(from text: String) -> String {
        guard text.contains("://"), let url = try? HTTPURL(text), let user = url.userInformation else { return text }
        add([.init(scope: "\(url.host):\(url.port)", username: user.user, password: user.password)])
        return url.text
    }
}
