import Diagnostics
import TestSupport
import Testing

@testable import Database

@Suite struct MySQLDatabaseTests {
    private func answer(_ database: MySQLDatabase) async throws -> Int64? {
        try await database.write { try $0.first("SELECT 42 AS answer")?.integer("answer") }
    }

    @Test func aConnectionThatBreaksIsMadeAnew() async throws {
        let server = try await MariaDBServer.shared()
        let address = try await server.makeDatabase(options: "connections=1")
        let database = MySQLDatabase(try MySQLAddress(address))
        let id = try await database.read { try $0.first("SELECT CONNECTION_ID() AS id")?.integer("id") ?? 0 }
        _ = try await server.query("KILL \(id)")
        #expect(try await answer(database) == 42)
        let other = try await database.read { try $0.first("SELECT CONNECTION_ID() AS id")?.integer("id") ?? 0 }
        #expect(other != id)
        await database.close()
        await #expect(throws: DatabaseError.self) { try await answer(database) }
    }

    @Test func aServerThatIsGoneForAWhileIsUnavailable() async throws {
        let server = try await MariaDBServer()
        let database = MySQLDatabase(try MySQLAddress(try await server.makeDatabase()))
        try await database.write {
            try $0.execute("CREATE TABLE t (x BIGINT)")
            try $0.execute("INSERT INTO t (x) VALUES (7)")
        }
        server.stop()
        let error = await #expect(throws: DatabaseError.self) { try await answer(database) }
        #expect(error?.code == .unavailable)
        #expect(error.map { "\($0)".contains("cret") } == false)
        try await server.start()
        // What was acknowledged is there, although the server was killed.
        let found = try await database.read { try $0.first("SELECT x FROM t")?.integer("x") }
        #expect(found == 7)
        await database.close()
    }

    @Test func moreTasksThanConnectionsWaitForEachOther() async throws {
        let server = try await MariaDBServer.shared()
        let database = MySQLDatabase(try MySQLAddress(try await server.makeDatabase(options: "connections=2")))
        let ids = try await withThrowingTaskGroup(of: Int64.self) { group in
            for _ in 0..<40 {
                group.addTask {
                    try await database.read { try $0.first("SELECT CONNECTION_ID() AS id")?.integer("id") ?? 0 }
                }
            }
            return try await group.reduce(into: Set<Int64>()) { $0.insert($1) }
        }
        #expect((1...2).contains(ids.count))
        await database.close()
    }

    // MARK: TLS

    @Test func aServerIsKnownByItsCertificate() async throws {
        let server = try await MariaDBServer.shared()
        let options = "ssl-mode=VERIFY_IDENTITY&ssl-ca=\(server.certificateFile)"
        let address = try await server.makeDatabase(options: options)
            .replacing("127.0.0.1", with: "localhost")
        let database = MySQLDatabase(try MySQLAddress(address))
        let cipher = try await database.read { try $0.first("SHOW STATUS LIKE 'Ssl_cipher'")?.text("Value") }
        #expect(cipher?.isEmpty == false)
        await database.close()
    }

    @Test func aServerThatNobodyVouchesForIsRefused() async throws {
        let server = try await MariaDBServer.shared()
        let address = try await server.makeDatabase(options: "ssl-mode=VERIFY_IDENTITY")
        let database = MySQLDatabase(try MySQLAddress(address))
        let error = await #expect(throws: DatabaseError.self) { try await answer(database) }
        #expect(error?.code == .unavailable)
        await database.close()
    }

    // MARK: Addresses

    @Test func anAddressIsRead() throws {
        let address = try MySQLAddress(
            "mysql://me:p%40ss%2Fword@db.example:3307/cooperage?ssl-ca=/etc/ca.pem&connections=3")
        #expect(address.host == "db.example")
        #expect(address.port == 3307)
        #expect(address.password == "p@ss/word")
        #expect(address.database == "cooperage")
        #expect(address.connections == 3)
        #expect(address.authorityFile == "/etc/ca.pem")
        #expect(address.security == .verifyIdentity)
        #expect(address.shown == "mysql://me@db.example:3307/cooperage")
        #expect(try MySQLAddress("mariadb://me@127.0.0.1/x").security == .disabled)
        #expect(try MySQLAddress("mysql://me@/x?socket=/run/s.sock").socket == "/run/s.sock")
        #expect(try MySQLAddress("mysql://me@localhost/x?ssl-mode=required").security == .required)
    }

    @Test(arguments: [
        ("postgres://me:hidden@x/y", "mysql://"), ("mysql://x/y", "no user"), ("mysql://me:hidden@x", "no database"),
        ("mysql://me:hidden@x/y?ssl-mode=MAYBE", "MAYBE"), ("mysql://me:hidden@x/y?colour=red", "colour"),
        ("mysql://me:hidden@x/y?connections=0", "connections=0"), ("mysql://me:hidden@x:70000/y", ""), ("", "mysql://"),
    ]) func aWrongAddressIsTold(_ text: String, _ why: String) throws {
        let error = #expect(throws: DatabaseError.self) { _ = try MySQLAddress(text) }
        #expect(error?.code == .invalidAddress)
        #expect(error?.message.contains(why) == true)
        #expect(error.map { "\($0)".contains("hidden") } == false)
    }
}
