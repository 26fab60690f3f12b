import Database
import Diagnostics
import FoundationEssentials

extension SQLMetadataStore {
    // MARK: Projects

    /// A project by its name.
    public func project(_ name: String) async throws -> Project? {
        try await read { connection in
            try connection.first("SELECT name, policy FROM projects WHERE name = ?", [.text(name)]).map(Self.project)
        }
    }

    /// All projects that were ever set.
    public func projects() async throws -> [Project] {
        try await read { try $0.query("SELECT name, policy FROM projects ORDER BY name", []).map(Self.project) }
    }

    private static func project(_ row: SQLRow) throws -> Project {
        Project(
            name: try row.text("name"), policy: try BuildRow.decode(ProjectPolicy.self, try row.text("policy")))
    }

    /// Makes a project, or changes it.
    public func setProject(_ project: Project) async throws {
        let columns = ["policy", "running_limit", "queued_limit"]
        let sql =
            "INSERT INTO projects (name, policy, running_limit, queued_limit) VALUES (?, ?, ?, ?)"
            + dialect.upsert(key: ["name"], setting: columns)
        let policy = try BuildRow.encode(project.policy)
        try await write { connection in
            try connection.execute(
                sql,
                [
                    .text(project.name), .text(policy), SQLValue(project.policy.runningLimit),
                    SQLValue(project.policy.queuedLimit),
                ])
        }
    }

    // MARK: Tokens

    private static let tokenColumns = "id, label, project, role, secret_hash, created_at, expires_at, is_revoked"

    private static func token(_ row: SQLRow) throws -> APIToken {
        let text = try row.text("role")
        guard let role = Role(rawValue: text) else {
            throw DatabaseError(.failed, "a token has the role '\(text)', which this program does not know")
        }
        return APIToken(
            id: try row.text("id"), label: try row.text("label"), project: try row.optionalText("project"), role: role,
            secretHash: try row.text("secret_hash"), createdAt: try ServerTime(row, "created_at"),
            expiresAt: try .optional(row, "expires_at"), isRevoked: try row.flag("is_revoked"))
    }

    /// A token by its public part.
    public func token(_ id: String) async throws -> APIToken? {
        try await read { connection in
            try connection.first("SELECT \(Self.tokenColumns) FROM tokens WHERE id = ?", [.text(id)]).map(Self.token)
        }
    }

    /// The tokens of a project; nil lists all.
    public func tokens(project: String?) async throws -> [APIToken] {
        let condition = project == nil ? "" : "WHERE project = ?"
        let arguments = project.map { [SQLValue.text($0)] } ?? []
        return try await read { connection in
            try connection.query(
                "SELECT \(Self.tokenColumns) FROM tokens \(condition) ORDER BY created_at, id", arguments
            ).map(Self.token)
        }
    }

    /// Adds a token.
    public func addToken(_ token: APIToken) async throws { try await write { try insert($0, token) } }

    /// Adds a token unless there is any already.
    public func addFirstToken(_ token: APIToken) async throws -> Bool {
        try await write { connection in
            try lockQueue(connection)
            guard try connection.first("SELECT id FROM tokens LIMIT 1") == nil else { return false }
            try insert(connection, token)
            return true
        }
    }

    private func insert(_ connection: any SQLConnection, _ token: APIToken) throws {
        try connection.execute(
            "INSERT INTO tokens (\(Self.tokenColumns)) VALUES (\(places(8)))",
            [
                .text(token.id), .text(token.label), SQLValue(token.project), .text(token.role.rawValue),
                .text(token.secretHash), token.createdAt.value, token.expiresAt?.value ?? .null,
                SQLValue(token.isRevoked),
            ])
    }

    /// Takes a token back.
    public func revokeToken(_ id: String) async throws -> Bool {
        try await write { try $0.execute("UPDATE tokens SET is_revoked = 1 WHERE id = ?", [.text(id)]) > 0 }
    }

    // MARK: Credentials

    /// The credentials that serve a project: its own, and those of all projects.
    public func credentials(project: String?) async throws -> [SealedCredential] {
        try await read { connection in
            let rows = try connection.query(
                "SELECT project, scope, sealed FROM credentials WHERE project IN ('', ?) ORDER BY project, scope",
                [.text(project ?? "")])
            return try rows.map { row in
                let project = try row.text("project")
                return SealedCredential(
                    project: project.isEmpty ? nil : project, scope: try row.text("scope"),
                    sealed: try row.bytes("sealed"))
            }
        }
    }

    /// Keeps a credential in place of the one with the same project and scope.
    public func setCredential(_ credential: SealedCredential) async throws {
        let sql =
            "INSERT INTO credentials (project, scope, sealed) VALUES (?, ?, ?)"
            + dialect.upsert(key: ["project", "scope"], setting: ["sealed"])
        try await write { connection in
            try connection.execute(
                sql, [.text(credential.project ?? ""), .text(credential.scope), .bytes(credential.sealed)])
        }
    }

    /// Removes a credential.
    public func removeCredential(project: String?, scope: String) async throws -> Bool {
        try await write { connection in
            try connection.execute(
                "DELETE FROM credentials WHERE project = ? AND scope = ?", [.text(project ?? ""), .text(scope)]) > 0
        }
    }
}
