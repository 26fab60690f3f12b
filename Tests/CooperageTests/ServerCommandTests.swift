import Content
import Foundation
import Glibc
import OCI
import RegistryTesting
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// The verbs that talk to a server, before a server of the test's own: what is sent, and what a user sees.
@Suite struct ServerCommandTests {
    private static let id = "0f3c0000-0000-4000-8000-000000000001"

    private static func build(_ state: String, _ more: String = "") -> String {
        """
        {"attempts":1,"build":{"base":{"catalog":"python-3.11"},"cache":true,"env":{},"excluded":[],"export":false,\
        "platforms":["linux/amd64"],"pull":false,"push":true,"requirements":["requirements.txt"],\
        "tags":["127.0.0.1:5000/team/app:1"],"upgrade":false},"cancel_requested":false,\
        "created_at":"2026-11-24T10:00:00.000Z","id":"\(id)","project":"team","requested_by":"ci","state":"\(state)"\(more)}
        """
    }

    private static let failure = """
        ,"started_at":"2026-11-24T10:00:01.000Z","finished_at":"2026-11-24T10:00:13.500Z","problem":{"code":"not_found",\
        "message":"there is no package 'alhpa'","context":["file: requirements.txt:1"],"hints":["look at the name"],\
        "is_requests_fault":true}
        """

    /// A server that knows one build.
    private static func answer(_ request: LoopbackRequest) -> LoopbackResponse {
        guard request.header("Authorization") == "Bearer cprg_good_token" else {
            return LoopbackResponse(
                401, headers: [("Content-Type", "application/problem+json")],
                text: #"{"status":401,"code":"unauthenticated","detail":"the token is not known"}"#)
        }
        switch request.line {
        case "GET /api/v1/version": return LoopbackResponse(200, text: #"{"version":"9.9.9","api":"v1"}"#)
        case "GET /api/v1/builds": return LoopbackResponse(200, text: #"{"builds":[\#(build("failed", failure))]}"#)
        case "GET /api/v1/builds/\(id)": return LoopbackResponse(200, text: build("failed", failure))
        case "GET /api/v1/builds/\(id)/logs": return LoopbackResponse(200, text: "base: read the base image\n")
        case "GET /api/v1/builds/\(id)/events":
            return LoopbackResponse(
                200, headers: [("Content-Type", "text/event-stream")],
                text: """
                    id: 1
                    event: phase_started
                    data: {"event":"phase_started","phase":"base"}

                    event: end
                    data: \(build("failed", failure))


                    """)
        case "POST /api/v1/builds/\(id)/cancel":
            return LoopbackResponse(
                409, text: #"{"status":409,"code":"conflict","detail":"the build ended before","hints":[]}"#)
        case "POST /api/v1/builds/\(id)/retry":
            return LoopbackResponse(202, text: build("queued").replacing(id, with: "0f3c0000-2"))
        default:
            return LoopbackResponse(404, text: #"{"status":404,"code":"not_found","detail":"there is no such build"}"#)
        }
    }

    private func run(
        _ command: Command, _ server: LoopbackServer, _ arguments: [String], input: String? = nil
    ) async throws -> Command.Outcome {
        let outcome = try await command.runAside(arguments, input: input)
        return Command.Outcome(
            status: outcome.status, output: outcome.output.replacing(server.origin, with: "URL"),
            error: outcome.error.replacing(server.origin, with: "URL"))
    }

    private func command(_ server: LoopbackServer, token: String? = "cprg_good_token") throws -> Command {
        var command = try Command(["main.py": "", "requirements.txt": "alpha\n"])
        command.environment["COOPERAGE_SERVER"] = server.origin
        command.environment["COOPERAGE_TOKEN"] = token
        return command
    }

    // MARK: Log in and out

    @Test func aTokenIsTriedBeforeItIsStored() async throws {
        try await LoopbackServer.run(answering: { Self.answer($0) }) { server in
            let command = try command(server, token: nil)
            let file = command.directory.path.pushing(".config/cooperage/servers.json")
            let refused = try await run(command, server, ["login", "--token-stdin"], input: "cprg_bad_token\n")
            #expect(refused.status == 1)
            #expect(
                refused.error == """
                    error: the token is not known
                      at server URL
                    hint: log in by 'cooperage login --server URL', or set COOPERAGE_TOKEN

                    """)
            #expect(!FileSystem.exists(file))

            let stored = try await run(command, server, ["login", "--token-stdin"], input: "cprg_good_token\n")
            #expect(stored.status == 0 && stored.output == "")
            #expect(stored.error == "notice: logged in to URL, version 9.9.9\n")
            #expect(try FileSystem.status(file)?.mode == 0o600)
            let listed = try await run(command, server, ["builds", "list", "--server", server.origin])
            #expect(listed.status == 0, "\(listed.error)")

            let out = try await run(command, server, ["logout"])
            #expect(out.error == "notice: logged out of URL\n")
            let again = try await run(command, server, ["logout"])
            #expect(again.error == "notice: there was no token for URL\n")
            #expect(try await run(command, server, ["builds", "list"]).status == 1)
        }
    }

    @Test func withoutATerminalNothingIsAsked() async throws {
        try await LoopbackServer.run(answering: { Self.answer($0) }) { server in
            let outcome = try await run(command(server), server, ["login"])
            #expect(outcome.status == 1)
            #expect(
                outcome.error == """
                    error: standard input is no terminal at which a token could be typed
                    hint: pipe it, and say --token-stdin, or --password-stdin for a registry

                    """)
            #expect(server.requests.isEmpty)
        }
    }

    /// A terminal, as a program sees it (`slave`) and as a person types into it (`master`).
    private final class Terminal: Sendable {
        let master: Int32
        let slave: Int32

        struct Problem: Error {}

        init() throws {
            var (master, slave): (Int32, Int32) = (-1, -1)
            guard openpty(&master, &slave, nil, nil, nil) == 0 else { throw Problem() }
            (self.master, self.slave) = (master, slave)
        }

        deinit {
            close(master)
            close(slave)
        }

        /// Whether what is typed is shown.
        var echoes: Bool {
            var settings = termios()
            tcgetattr(slave, &settings)
            return settings.c_lflag & tcflag_t(ECHO) != 0
        }

        func type(_ text: String) { _ = Array(text.utf8).withUnsafeBytes { write(master, $0.baseAddress, $0.count) } }

        /// What is shown by now.
        var shown: String {
            var bytes = [UInt8](repeating: 0, count: 4096)
            _ = fcntl(master, F_SETFL, O_NONBLOCK)
            let count = read(master, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
        }
    }

    @Test(arguments: [true, false])
    func aTokenIsTypedWithoutBeingShown(_ isTyped: Bool) async throws {
        try await LoopbackServer.run(answering: { Self.answer($0) }) { server in
            let (command, terminal) = (try command(server, token: nil), try Terminal())
            let (out, err) = (try command.file("out"), try command.file("err"))
            let process = try command.start(
                ["login"], output: out.handle, error: err.handle,
                input: FileHandle(fileDescriptor: terminal.slave, closeOnDealloc: false))
            while try !command.text(err.path).contains("Token for "), process.isRunning {
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(!terminal.echoes)
            if isTyped { terminal.type("cprg_good_token\n") } else { kill(process.processIdentifier, SIGINT) }
            while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            #expect(process.terminationStatus == (isTyped ? 0 : 130))
            #expect(!terminal.shown.contains("cprg"))
            #expect(terminal.echoes)
            let error = try command.text(err.path).replacing(server.origin, with: "URL")
            #expect(
                error == "Token for URL: \n"
                    + (isTyped ? "notice: logged in to URL, version 9.9.9\n" : "error: interrupted\n"))
        }
    }

    // MARK: Builds

    @Test func list() async throws {
        try await LoopbackServer.run(answering: { Self.answer($0) }) { server in
            let outcome = try await run(
                command(server), server,
                ["builds", "list", "--state", "failed", "-t", "127.0.0.1:5000/team/app:1", "-n", "5"])
            #expect(outcome.error == "")
            #expect(
                outcome.output == """
                    BUILD                                 STATE   CREATED                 TOOK  IMAGE
                    0f3c0000-0000-4000-8000-000000000001  failed  2026-11-24T10:00:00Z  12.5 s  127.0.0.1:5000/team/app:1

                    """)
            #expect(
                server.requests.first?.query.map { "\($0.name)=\($0.value)" } == [
                    "state=failed", "tag=127.0.0.1:5000/team/app:1", "limit=5",
                ])
            let json = try await run(command(server), server, ["builds", "list", "--json"])
            #expect(json.output.hasPrefix("[{") && json.output.hasSuffix("}]\n"))
        }
    }

    @Test func show() async throws {
        try await LoopbackServer.run(answering: { Self.answer($0) }) { server in
            let outcome = try await run(command(server), server, ["builds", "show", Self.id])
            #expect(
                outcome.output == """
                    build       0f3c0000-0000-4000-8000-000000000001
                    project     team
                    state       failed
                    by          ci
                    created     2026-11-24T10:00:00.000Z
                    started     2026-11-24T10:00:01.000Z
                    finished    2026-11-24T10:00:13.500Z
                    base        python-3.11
                    platform    linux/amd64
                    manifest    requirements.txt
                    tag         127.0.0.1:5000/team/app:1
                    error       there is no package 'alhpa'
                    at          file: requirements.txt:1
                    hint        look at the name

                    """)
            let other = try await run(command(server), server, ["builds", "show", "0f3c0000-3"])
            #expect(other.status == 1)
            #expect(other.error == "error: there is no such build\n  at server URL\n")
            let odd = try await run(command(server), server, ["builds", "show", "../tokens"])
            #expect(odd.status == 1)
            #expect(
                odd.error
                    == "error: '../tokens' is not the id of a build\nhint: 'cooperage builds list' shows them\n")
        }
    }

    @Test func logsFollowTheBuildToItsEnd() async throws {
        try await LoopbackServer.run(answering: { Self.answer($0) }) { server in
            let log = try await run(command(server), server, ["builds", "logs", Self.id])
            #expect(log.status == 0 && log.output == "base: read the base image\n")
            let followed = try await run(command(server), server, ["builds", "logs", "-f", Self.id])
            #expect(followed.status == 1)
            #expect(followed.output == "base: read the base image\n")
            #expect(
                followed.error == """
                    error: there is no package 'alhpa'
                      at file requirements.txt:1
                    hint: look at the name

                    """)
        }
    }

    @Test func cancelAndRetry() async throws {
        try await LoopbackServer.run(answering: { Self.answer($0) }) { server in
            let cancelled = try await run(command(server), server, ["builds", "cancel", Self.id])
            #expect(cancelled.status == 1)
            #expect(cancelled.error == "error: the build ended before\n  at server URL\n")
            let retried = try await run(command(server), server, ["builds", "retry", Self.id])
            #expect(retried.status == 0, "\(retried.error)")
            #expect(retried.output == "0f3c0000-2\n")
        }
    }

    // MARK: Refusals

    struct Refusal: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let error: String
        var environment: [String: String] = [:]

        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(arguments: [
        Refusal(
            arguments: ["builds", "list"], status: 1,
            error: "error: no server is named\nhint: name one by --server, or by the variable COOPERAGE_SERVER\n"),
        Refusal(
            arguments: ["builds", "list", "--server", "http://builds.example.org"], status: 2,
            error: """
                error: the server 'http://builds.example.org' would be asked by plain HTTP, where anybody on the way can read the token
                  at flag --server
                hint: use https; a tunnel to a port of this machine does as well

                """),
        Refusal(
            arguments: ["builds", "list"], status: 1,
            error: """
                error: the server 'builds.example.org' has no scheme
                  at variable COOPERAGE_SERVER
                hint: a server reads https://builds.example.org, or http://127.0.0.1:8480 on this machine

                """, environment: ["COOPERAGE_SERVER": "builds.example.org"]),
        Refusal(
            arguments: ["build", "--detach"], status: 2,
            error: """
                error: a build on this machine cannot be left
                  at flag --detach
                hint: name a server by --server

                """),
        Refusal(
            arguments: ["build", "--detach", "--iidfile", "iid", "--server", "http://127.0.0.1:1"], status: 2,
            error: """
                error: files of the result are written when there is one, and nobody waits for it
                  at flag --detach
                hint: leave out --detach, or --output, --metadata-file, --iidfile, --sbom and --lock-file

                """),
        Refusal(
            arguments: [
                "build", "--push", "-t", "a.example/b:1", "--insecure-registry", "a.example", "--server",
                "http://127.0.0.1:1",
            ], status: 2,
            error: """
                error: plain HTTP with 'a.example' is the server's to allow
                  at flag --insecure-registry
                hint: ask whoever runs the server to name it in the server's settings

                """),
        Refusal(
            arguments: ["build", "--workers", "4", "--server", "http://127.0.0.1:1"], status: 2,
            error: """
                error: how many layers are made at a time is the server's to choose
                  at flag --workers

                """),
    ])
    func refusal(_ refusal: Refusal) throws {
        var command = try Command()
        command.environment.merge(refusal.environment) { $1 }
        let outcome = try command.run(refusal.arguments)
        #expect(outcome.status == refusal.status)
        #expect(outcome.output == "")
        let error = outcome.error.split(separator: "\n", omittingEmptySubsequences: false).filter {
            !["notice: ", "warning: "].contains(where: $0.hasPrefix)
        }
        #expect(error.joined(separator: "\n") == refusal.error)
    }

    @Test func aServerThatIsNotThereIsTheWorldsFault() throws {
        // Nobody listens on port 1 of this machine.
        let outcome = try Command()("build", "--server", "http://127.0.0.1:1", "-q")
        #expect(outcome.status == 3)
        #expect(outcome.error.contains("  at request GET http://127.0.0.1:1/api/v1/version\n"))
    }

    @Test func anEmptyServerIsNone() async throws {
        var command = try Command(["app.py": ""])
        try await writeEmptyBase(to: command.directory.path.appending("base"))
        command.environment["COOPERAGE_SERVER"] = "http://127.0.0.1:1"
        let outcome = try command(
            "build", "--base", "../base", "--platform", "linux/amd64", "-q", "--server", "")
        #expect(outcome.status == 0, "\(outcome.error)")
    }

    // MARK: Calling off

    @Test func ctrlCCallsTheBuildOff() async throws {
        let following = Mutex(false)
        let cancelled = Mutex(false)
        try await LoopbackServer.run(answering: { request in
            switch (request.line, request.path.hasSuffix("/events")) {
            case ("GET /api/v1/version", _): return LoopbackResponse(200, text: #"{"version":"9.9.9","api":"v1"}"#)
            case ("POST /api/v1/contexts/missing", _): return LoopbackResponse(200, text: #"{"missing":[]}"#)
            case ("POST /api/v1/contexts", _):
                return LoopbackResponse(201, text: #"{"digest":"sha256:\#(String(repeating: "a", count: 64))"}"#)
            case ("POST /api/v1/builds", _): return LoopbackResponse(202, text: Self.build("queued"))
            case (_, true):
                following.withLock { $0 = true }
                // Nothing happens in this build, until it is called off.
                while !cancelled.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(20)) }
                return LoopbackResponse(200, text: "")
            case ("POST /api/v1/builds/\(Self.id)/cancel", _):
                cancelled.withLock { $0 = true }
                return LoopbackResponse(202, text: Self.build("running"))
            default: return LoopbackResponse(404)
            }
        }) { server in
            let command = try command(server)
            let (out, err) = (try command.file("out"), try command.file("err"))
            let process = try command.start(
                ["build", "-t", "a.example/b:1", "--push"], output: out.handle, error: err.handle)
            while !following.withLock({ $0 }), process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            #expect(kill(process.processIdentifier, SIGINT) == 0)
            while process.isRunning { try await Task.sleep(for: .milliseconds(20)) }
            #expect(process.terminationStatus == 130)
            #expect(cancelled.withLock { $0 })
            let error = try command.text(err.path).replacing(server.origin, with: "URL")
            #expect(error.hasSuffix("warning: the build \(Self.id) is called off on URL\nerror: interrupted\n"))
            #expect(try command.text(out.path) == "")
            #expect(try command.directory.files().allSatisfy { !$0.contains("remote-") })
        }
    }

    @Test func aDetachedBuildIsLeftThere() async throws {
        let body = Mutex<[UInt8]>([])
        try await LoopbackServer.run(answering: { request in
            switch request.line {
            case "GET /api/v1/version": return LoopbackResponse(200, text: #"{"version":"9.9.9","api":"v1"}"#)
            case "POST /api/v1/contexts/missing": return LoopbackResponse(200, text: #"{"missing":[]}"#)
            case "POST /api/v1/contexts":
                return LoopbackResponse(201, text: #"{"digest":"sha256:\#(String(repeating: "a", count: 64))"}"#)
            case "POST /api/v1/builds":
                let bytes = try await request.body()
                body.withLock { $0 = bytes }
                return LoopbackResponse(202, text: Self.build("queued"))
            default: return LoopbackResponse(404)
            }
        }) { server in
            let command = try command(server)
            try FileSystem.makeDirectory(command.directory.path.appending(".docker"))
            // "user:hunter2", as docker login writes it.
            try FileSystem.write(
                #"{"auths":{"a.example":{"auth":"dXNlcjpodW50ZXIy"}}}"#.utf8,
                to: command.directory.path.pushing(".docker/config.json"))
            let arguments = [
                "build", "-t", "a.example/b:1", "--push", "--detach", "--index-url", "https://u:hunter3@i.example/",
            ]
            let outcome = try await run(command, server, arguments)
            #expect(outcome.status == 0, "\(outcome.error)")
            #expect(outcome.output == "\(Self.id)\n")
            #expect(
                outcome.error.contains("\nnotice: server: URL\n")
                    && outcome.error.contains("\nnotice: build: \(Self.id)\n"))
            #expect(!outcome.error.contains("hunter"))
            let sent = String(decoding: body.withLock { $0 }, as: UTF8.self)
            #expect(
                sent.contains(
                    #""secrets":{"indexes":[{"password":"hunter3","scope":"i.example:443","username":"u"}],"named":[],"registries":[{"password":"hunter2","scope":"a.example","username":"user"}]}"#
                ))
            #expect(sent.contains(#""index_url":"https://i.example/""#))
            _ = try await run(command, server, arguments + ["--keep-credentials"])
            #expect(!String(decoding: body.withLock { $0 }, as: UTF8.self).contains("hunter2"))
        }
    }
}
