import Diagnostics
import Synchronization
import TestSupport
import Testing

@testable import Database

/// What both products do in the same way.
@Suite struct SQLDatabaseTests {
    private static let table = Table(
        "things",
        [
            .init("id", .sequence), .init("name", .key(60)), .init("number", .integer, optional: true),
            .init("body", .text, optional: true), .init("content", .bytes, optional: true),
        ],
        unique: [["name"]], indexes: [["number"]])

    private static func migrations(_ tables: [Table] = [table]) -> [Migration] {
        tables.enumerated().map { number, table in
            Migration(version: Int64(number + 1)) { table.statements($0) }
        }
    }

    @Test(arguments: DatabaseKind.allCases) func valuesComeBackAsTheyWere(_ kind: DatabaseKind) async throws {
        try await kind.run { database, _ in
            try await database.migrate(Self.migrations())
            let texts = [
                "", "plain", "naïve 木 🎡", "'; DROP TABLE things; --", String(repeating: "x", count: 1 << 20),
            ]
            let numbers: [Int64] = [0, -1, .max, .min]
            let blobs: [[UInt8]] = [[], [0, 255, 0], Array(repeating: 7, count: 1 << 20)]
            try await database.write { connection in
                for (number, text) in texts.enumerated() {
                    try connection.execute(
                        "INSERT INTO things (name, body) VALUES (?, ?)", [.text("text \(number)"), .text(text)])
                }
                for (number, value) in numbers.enumerated() {
                    try connection.execute(
                        "INSERT INTO things (name, number) VALUES (?, ?)", [.text("number \(number)"), .integer(value)])
                }
                for (number, value) in blobs.enumerated() {
                    try connection.execute(
                        "INSERT INTO things (name, content) VALUES (?, ?)", [.text("blob \(number)"), .bytes(value)])
                }
            }
            try await database.read { connection in
                func rows(_ kind: String) throws -> [SQLRow] {
                    try connection.query("SELECT * FROM things WHERE name LIKE ? ORDER BY id", [.text("\(kind) %")])
                }
                let bodies = try rows("text").map { try $0.text("body") }
                #expect(bodies == texts)
                let absent = try rows("text").compactMap { try $0.optionalInteger("number") }
                #expect(absent.isEmpty)
                let found = try rows("number").map { try $0.integer("number") }
                #expect(found == numbers)
                let contents = try rows("blob").map { try $0.bytes("content") }
                #expect(contents == blobs)
                let blob = try #require(try rows("blob").first)
                #expect(throws: DatabaseError.self) { try blob.text("body") }
                #expect(throws: DatabaseError.self) { try blob.text("nothing") }
            }
        }
    }

    @Test(arguments: DatabaseKind.allCases) func rowsThatWereFoundAreCounted(_ kind: DatabaseKind) async throws {
        try await kind.run { database, _ in
            try await database.migrate(Self.migrations())
            let (first, found, missed) = try await database.write { connection in
                try connection.execute("INSERT INTO things (name, number) VALUES ('a', 1)")
                let first = connection.lastInsertedID
                try connection.execute("INSERT INTO things (name, number) VALUES ('b', 1)")
                #expect(connection.lastInsertedID == first + 1)
                // One of them has that value already.
                try connection.execute("UPDATE things SET number = 2 WHERE name = 'a'")
                return (
                    first, try connection.execute("UPDATE things SET number = 2"),
                    try connection.execute("UPDATE things SET number = 2 WHERE name = 'c'")
                )
            }
            #expect(first > 0)
            #expect(found == 2)
            #expect(missed == 0)
        }
    }

    @Test(arguments: DatabaseKind.allCases) func anErrorTakesEverythingBack(_ kind: DatabaseKind) async throws {
        struct Stop: Error {}
        try await kind.run { database, another in
            try await database.migrate(Self.migrations())
            await #expect(throws: Stop.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO things (name) VALUES ('gone')")
                    throw Stop()
                }
            }
            let error = await #expect(throws: DatabaseError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO things (name) VALUES ('twice')")
                    try connection.execute("INSERT INTO things (name) VALUES ('twice')")
                }
            }
            #expect(error?.code == .duplicate)
            let count = try await another().read {
                try $0.first("SELECT COUNT(*) AS count FROM things")?.integer("count")
            }
            #expect(count == 0)
        }
    }

    @Test(arguments: DatabaseKind.allCases) func aWrongStatementIsTold(_ kind: DatabaseKind) async throws {
        try await kind.run { database, _ in
            let error = await #expect(throws: DatabaseError.self) {
                try await database.write {
                    try $0.execute("INSERT INTO nowhere (x) VALUES (?)", [.text("hidden value")])
                }
            }
            #expect(error?.code == .failed)
            #expect(error?.message.contains("nowhere") == true)
            #expect(error.map { "\($0)".contains("hidden value") } == false)
            await #expect(throws: DatabaseError.self) {
                try await database.write { try $0.execute("SELECT ?", []) }
            }
        }
    }

    /// Reading, then writing what follows from it, by many at once: nothing is lost, although transactions collide.
    @Test(arguments: DatabaseKind.allCases) func transactionsDoNotOverwriteEachOther(_ kind: DatabaseKind) async throws
    {
        try await kind.run(options: "connections=6") { database, another in
            try await database.migrate(Self.migrations())
            try await database.write {
                try $0.execute("INSERT INTO things (name, number) VALUES ('a', 0)")
                try $0.execute("INSERT INTO things (name, number) VALUES ('b', 0)")
            }
            let databases = [database, try another(), try another()]
            try await withThrowingTaskGroup(of: Void.self) { group in
                for task in 0..<30 {
                    let database = databases[task % databases.count]
                    // In opposite orders, so that they lock each other out.
                    let names = task % 2 == 0 ? ["a", "b"] : ["b", "a"]
                    group.addTask {
                        try await database.write { connection in
                            for name in names {
                                let row = try connection.first(
                                    "SELECT number FROM things WHERE name = ?\(database.dialect.forUpdate)",
                                    [.text(name)])
                                let number = try row?.integer("number") ?? 0
                                try connection.execute(
                                    "UPDATE things SET number = ? WHERE name = ?", [.integer(number + 1), .text(name)])
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let numbers = try await database.read { connection in
                try connection.query("SELECT number FROM things ORDER BY name", []).map { try $0.integer("number") }
            }
            #expect(numbers == [30, 30])
        }
    }

    @Test(arguments: DatabaseKind.allCases) func theClockRuns(_ kind: DatabaseKind) async throws {
        try await kind.run { database, _ in
            func now() async throws -> Int64 {
                let sql = "SELECT \(database.dialect.now) AS moment"
                return try await database.read { try $0.first(sql)?.integer("moment") ?? 0 }
            }
            let (first, second) = (try await now(), try await now())
            // After 2026, and not in seconds.
            #expect(first > 1_767_225_600_000)
            #expect(second >= first && second < first + 60_000)
        }
    }

    @Test(arguments: DatabaseKind.allCases) func anInsertTakesThePlaceOfARow(_ kind: DatabaseKind) async throws {
        try await kind.run { database, _ in
            try await database.migrate(Self.migrations())
            let sql =
                "INSERT INTO things (name, number) VALUES (?, ?)"
                + database.dialect.upsert(key: ["name"], setting: ["number"])
            let ignoring = "\(database.dialect.insertIgnore) INTO things (name, number) VALUES (?, ?)"
            let numbers = try await database.write { connection in
                try connection.execute(sql, ["a", 1])
                try connection.execute(sql, ["a", 2])
                try connection.execute(ignoring, ["a", 3])
                return try connection.query("SELECT number FROM things", []).map { try $0.integer("number") }
            }
            #expect(numbers == [2])
        }
    }

    // MARK: Migrations

    @Test(arguments: DatabaseKind.allCases) func tablesAreBroughtUpToDateWithTheirRows(_ kind: DatabaseKind)
        async throws
    {
        let second = Migration(version: 2) { _ in
            ["ALTER TABLE things ADD COLUMN colour VARCHAR(20)", "UPDATE things SET colour = 'red'"]
        }
        try await kind.run { database, another in
            try await database.migrate(Self.migrations())
            try await database.write { try $0.execute("INSERT INTO things (name) VALUES ('old')") }
            let later = try another()
            try await later.migrate(Self.migrations() + [second])
            try await later.migrate(Self.migrations() + [second])
            let colours = try await later.read {
                try $0.query("SELECT colour FROM things", []).map { try $0.text("colour") }
            }
            #expect(colours == ["red"])
            // The earlier program does not touch what it does not know.
            let error = await #expect(throws: DatabaseError.self) { try await database.migrate(Self.migrations()) }
            #expect(error?.code == .newerSchema)
        }
    }

    @Test(arguments: DatabaseKind.allCases) func severalMayMigrateAtOnce(_ kind: DatabaseKind) async throws {
        try await kind.run { database, another in
            let databases = try [database] + (0..<5).map { _ in try another() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for database in databases { group.addTask { try await database.migrate(Self.migrations()) } }
                try await group.waitForAll()
            }
            let count = try await database.read {
                try $0.first("SELECT COUNT(*) AS count FROM schema_migrations")?.integer("count")
            }
            #expect(count == 1)
        }
    }

    @Test(arguments: DatabaseKind.allCases) func aStepThatFailedIsBegunAgain(_ kind: DatabaseKind) async throws {
        let broken = Migration(version: 2) { _ in ["CREATE TABLE IF NOT EXISTS more (id BIGINT)", "THIS IS WRONG"] }
        let mended = Migration(version: 2) { _ in ["CREATE TABLE IF NOT EXISTS more (id BIGINT)"] }
        try await kind.run { database, _ in
            await #expect(throws: DatabaseError.self) { try await database.migrate(Self.migrations() + [broken]) }
            try await database.migrate(Self.migrations() + [mended])
            try await database.write { try $0.execute("INSERT INTO more (id) VALUES (1)") }
        }
    }
}
