import Diagnostics

/// Brings tables up to date, step by step; each step is remembered in `schema_migrations`.
struct Migrator {
    let migrations: [Migration]
    let dialect: SQLDialect

    /// - Throws: `DatabaseError` (`newerSchema`) where a later program was here.
    func run(on connection: any SQLConnection) throws {
        try connection.execute(
            "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, applied_at BIGINT NOT NULL)"
        )
        let row = try connection.first("SELECT COALESCE(MAX(version), 0) AS version FROM schema_migrations")
        let found = try row?.integer("version") ?? 0
        let newest = migrations.map(\.version).max() ?? 0
        guard found <= newest else {
            throw DatabaseError(
                .newerSchema, "the database is of version \(found), and this program knows versions up to \(newest)",
                hints: ["start the version of the program that it was last used with, or a later one"])
        }
        for migration in migrations.sorted(by: { $0.version < $1.version }) where migration.version > found {
            for statement in migration.statements(dialect) { try connection.execute(statement) }
            try connection.execute(
                "INSERT INTO schema_migrations (version, applied_at) VALUES (?, \(dialect.now))",
                [.integer(migration.version)])
        }
    }
}
