import Content
import Diagnostics
import Foundation
import Registry
import RegistryTesting
import ServiceClient
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Transfer

/// Tokens that live for a short time, and are had anew.
@Suite struct TokenSourceTests {
    private let scratch: TemporaryDirectory

    init() throws { scratch = try TemporaryDirectory() }

    /// A server that takes one token at a time.
    private final class Door: Sendable {
        let good: Mutex<String>

        init(_ good: String) { self.good = Mutex(good) }

        func answer(_ request: LoopbackRequest) -> LoopbackResponse {
            guard request.header("Authorization") == "Bearer \(good.withLock { $0 })" else {
                return LoopbackResponse(401, text: #"{"code":"unauthenticated","detail":"the token has expired"}"#)
            }
            return LoopbackResponse(200, text: #"{"version":"1","api":"v1"}"#)
        }
    }

    // MARK: Files

    @Test func aFileIsReadAnew() async throws {
        let door = Door("first")
        let file = try scratch.write(Array("first\n".utf8), to: "token")
        try await LoopbackServer.run(answering: { door.answer($0) }) { server in
            let tokens = TokenFile(file, place: FailureContext("flag", "--token-file"))
            let client = ServiceClient(try ServerAddress(server.origin), tokens: tokens)
            #expect(try await client.version().version == "1")
            #expect(server.requests.count == 1)
            // What is renewed in time is sent at once.
            door.good.withLock { $0 = "second" }
            try FileSystem.write("second\n".utf8, to: file)
            #expect(try await client.version().version == "1")
            #expect(server.requests.count == 2)
            // What stays the same is not sent twice.
            door.good.withLock { $0 = "third" }
            let error = await #expect(throws: ClientError.self) { try await client.version() }
            #expect(error?.message == "the token has expired")
            #expect(server.requests.count == 3)
            // A file that is about to be written keeps nobody from asking.
            door.good.withLock { $0 = "second" }
            try FileSystem.write([], to: file)
            #expect(try await client.version().version == "1")
        }
    }

    @Test func aFileThatHoldsNoTokenIsNamed() async throws {
        let empty = try scratch.write([], to: "empty")
        let odd = try scratch.write(Array("sword fish".utf8), to: "odd")
        for (file, words) in [
            (scratch.path.appending("missing"), "the file of the token cannot be read"), (empty, "holds no token"),
            (odd, "is not a token"),
        ] {
            let tokens = TokenFile(file, place: FailureContext("variable", "COOPERAGE_TOKEN_FILE"))
            let error = await #expect(throws: ClientError.self) { try await tokens.token() }
            #expect(error?.code == .invalidCredentials && error?.message.contains(words) == true)
            #expect(
                error?.context == [
                    FailureContext("variable", "COOPERAGE_TOKEN_FILE"), FailureContext("file", file.string),
                ])
            #expect("\(error.map { "\($0)" } ?? "")".contains("sword fish") == false)
        }
    }

    // MARK: GitHub Actions

    private func job(_ origin: String) -> [String: String] {
        [
            "ACTIONS_ID_TOKEN_REQUEST_URL": "\(origin)/token?api-version=2.0",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "swordfish",
        ]
    }

    @Test func aJobsTokenIsAskedForWhenItIsWanted() async throws {
        let door = Door("jwt-1")
        let asked = Mutex(0)
        try await LoopbackServer.run(answering: { request in
            guard request.path == "/token" else { return door.answer(request) }
            let number = asked.withLock { asked in
                asked += 1
                return asked
            }
            #expect(request.header("Authorization") == "Bearer swordfish")
            #expect(request.query("api-version") == "2.0")
            #expect(request.query("audience") == "https://builds.example.org/a b&c")
            // Those who are refused at the same time share the asking.
            try await Task.sleep(for: .milliseconds(200))
            return LoopbackResponse(200, text: #"{"count":1,"value":"jwt-\#(number)"}"#)
        }) { server in
            let tokens = try #require(
                try ActionsToken(
                    environment: job(server.origin), audience: "https://builds.example.org/a b&c"))
            let client = ServiceClient(try ServerAddress(server.origin), tokens: tokens)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<8 { group.addTask { _ = try await client.version() } }
                try await group.waitForAll()
            }
            #expect(asked.withLock { $0 } == 1)
            #expect(try await client.version().version == "1")
            #expect(asked.withLock { $0 } == 1)
            // It has expired.
            door.good.withLock { $0 = "jwt-2" }
            #expect(try await client.version().version == "1")
            #expect(asked.withLock { $0 } == 2)
            // At most once a call: what the new one is refused for is told.
            door.good.withLock { $0 = "nobody" }
            let before = server.requests.count
            let error = await #expect(throws: ClientError.self) { try await client.version() }
            #expect(error?.message == "the token has expired")
            #expect(asked.withLock { $0 } == 3 && server.requests.count == before + 3)
        }
    }

    @Test(arguments: [(403, "{}"), (200, "swordfish"), (200, #"{"value":"sword fish"}"#)])
    func whatIsNoTokenIsTold(_ status: Int, _ text: String) async throws {
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(status, text: text) }) { server in
            let tokens = try #require(try ActionsToken(environment: job(server.origin), audience: "a"))
            let error = await #expect(throws: ClientError.self) { try await tokens.token(inPlaceOf: nil) }
            let shown = error.map { "\($0) \($0.hints) \($0.cause.map { "\($0)" } ?? "")" } ?? ""
            #expect(shown.contains("GitHub"), "\(shown)")
            #expect(!shown.contains("swordfish") && !shown.contains("sword fish"), "\(shown)")
        }
    }

    @Test func elsewhereThereIsNone() throws {
        for environment in [[:], ["ACTIONS_ID_TOKEN_REQUEST_URL": "http://127.0.0.1:1/"]] {
            #expect(try ActionsToken(environment: environment, audience: "a") == nil)
        }
    }
}
