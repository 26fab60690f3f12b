import Diagnostics
import SystemPackage
import TestSupport
import Testing

@testable import Database

@Suite struct SQLiteDatabaseTests {
    @Test func acknowledgedCommitsAreOnDisk() async throws {
        try await DatabaseKind.sqlite.run { database, _ in
            let (synchronous, journal) = try await database.write { connection in
                (
                    try connection.first("PRAGMA synchronous")?.integer("synchronous"),
                    try connection.first("PRAGMA journal_mode")?.text("journal_mode")
                )
            }
            // 2 is FULL.
            #expect(synchronous == 2)
            #expect(journal == "wal")
        }
    }

    @Test func aFileThatCannotBeOpenedIsTold() throws {
        let error = #expect(throws: DatabaseError.self) { _ = try SQLiteDatabase(file: "/nonexistent/x.sqlite") }
        #expect(error?.code == .unavailable)
        #expect(error?.context.map(\.value) == ["/nonexistent/x.sqlite"])
    }

    @Test func aFileThatIsNoDatabaseIsTold() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Array("this is a text, and a long one for a header".utf8), to: "x.sqlite")
        await #expect(throws: DatabaseError.self) {
            try await SQLiteDatabase(file: file.string).write { try $0.execute("CREATE TABLE t (x INTEGER)") }
        }
    }
}
