public import Diagnostics

/// Somebody who was recognised: by a token of ours, by a CI's JWT, by his certificate, by the socket through which he came.
public struct Caller: Sendable, Hashable {
    /// How builds and the audit log name him: a token's id, `oidc:` and a subject, `certificate:` and a common name,
    /// `anonymous`, `socket`.
    public var name: String
    /// The project that he may act in; nil is every one.
    public var project: String?
    /// What he may do there.
    public var role: Role

    /// Takes the parts.
    public init(name: String, project: String?, role: Role) {
        self.name = name
        self.project = project
        self.role = role
    }

    /// Whether he administers the server: its projects, and what belongs to none of them.
    public var isServerAdministrator: Bool { project == nil && role == .admin }

    /// The project that a request is about.
    /// - Parameter named: what the request names; nil takes the caller's own, or `default`.
    /// - Throws: `ServiceError` (`forbidden`) for a project that is not his. It says nothing of whether there is one.
    public func project(named: String?) throws(ServiceError) -> String {
        guard let named else { return project ?? Project.defaultName }
        guard project == nil || project == named else {
            throw ServiceError(
                .forbidden, "the token is not for the project '\(named)'",
                hints: ["leave the project out, or use a token of that project"])
        }
        guard Project.isValidName(named) else {
            throw ServiceError(
                .invalidRequest, "'\(named)' is not the name of a project",
                hints: ["a name is 1 to 63 lower-case letters, digits and dashes"])
        }
        return named
    }

    /// Refuses unless the caller may do what a role may.
    /// - Throws: `ServiceError` (`forbidden`).
    public func require(_ role: Role) throws(ServiceError) {
        guard self.role >= role else {
            throw ServiceError(
                .forbidden, "the role '\(self.role.rawValue)' may not do that",
                hints: ["it takes a token with the role '\(role.rawValue)'"])
        }
    }

    /// Refuses unless the caller administers the server.
    /// - Throws: `ServiceError` (`forbidden`).
    public func requireServerAdministrator() throws(ServiceError) {
        try require(.admin)
        guard project == nil else {
            throw ServiceError(
                .forbidden, "a token of one project may not do that",
                hints: ["it takes an administrator's token that is for every project"])
        }
    }
}
