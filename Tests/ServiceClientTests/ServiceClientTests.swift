import Build
import Content
import Diagnostics
import Foundation
import Interface
import OCI
import Registry
import RegistryTesting
import Spec
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Service
@testable import ServiceClient

/// A client before a server that does wrong what no honest one does.
@Suite struct ServiceClientTests {
    private static let id = "0f3c0000-0000-4000-8000-000000000001"

    /// What was told, in order.
    private final class Told: Sendable {
        private let texts = Mutex<[String]>([])
        var all: [String] { texts.withLock { $0 } }
        var events: BuildEvents { BuildEvents { self.add($0) } }

        func add(_ event: BuildEvent) {
            switch event {
            case .notice(let text): texts.withLock { $0.append("notice: \(text)") }
            case .warning(let text): texts.withLock { $0.append("warning: \(text)") }
            default: texts.withLock { $0.append("\(event)") }
            }
        }
    }

    /// Answers in order; the last one stays.
    private final class Script: Sendable {
        private let answers: Mutex<[LoopbackResponse]>

        init(_ answers: [LoopbackResponse]) { self.answers = Mutex(answers) }

        func next() -> LoopbackResponse {
            answers.withLock { $0.count > 1 ? $0.removeFirst() : ($0.first ?? LoopbackResponse(500)) }
        }
    }

    private func client(
        _ server: LoopbackServer, token: String? = "cprg_a_b", time: TestTime = TestTime(), told: Told? = nil
    ) throws -> ServiceClient {
        let client = ServiceClient(
            try ServerAddress(server.origin), token: token.map { Secret($0) }, project: "team",
            retrier: Retrier(time: time.source))
        return told.map { client.patient(events: $0.events) } ?? client
    }

    private static func build(_ state: BuildState, _ more: String = "") -> String {
        """
        {"id":"\(id)","project":"team","state":"\(state.rawValue)","requested_by":"a","cancel_requested":false,\
        "attempts":1,"created_at":"2026-11-24T10:00:00.000Z","started_at":"2026-11-24T10:00:01.000Z",\
        "finished_at":"2026-11-24T10:00:03.500Z","build":{"base":{"catalog":"python-3.11"}}\(more)}
        """
    }

    private static let outcome = """
        ,"outcome":{"descriptor":{"mediaType":"application/vnd.oci.image.manifest.v1+json",\
        "digest":"sha256:\(String(repeating: "a", count: 64))","size":1},\
        "image_id":"sha256:\(String(repeating: "b", count: 64))","references":[],"uploaded_bytes":0}
        """

    private static func stream(_ text: String) -> LoopbackResponse {
        LoopbackResponse(200, headers: [("Content-Type", "text/event-stream")], text: text)
    }

    private static func event(_ number: Int, _ text: String) -> String {
        "id: \(number)\nevent: notice\ndata: {\"event\":\"notice\",\"message\":\"\(text)\"}\n\n"
    }

    private static let unavailable = LoopbackResponse(
        503, headers: [("Content-Type", "application/problem+json"), ("Retry-After", "7")],
        text: #"{"type":"about:blank","status":503,"code":"unavailable","detail":"the server stops"}"#)

    // MARK: Events

    @Test func aBrokenStreamGoesOnWhereItWas() async throws {
        let first = Self.event(1, "one") + Self.event(2, "two") + Self.event(3, "three")
        let cut = LoopbackResponse(
            200, headers: [("Content-Type", "text/event-stream")], body: Array(first.utf8),
            cutAfter: first.utf8.count - 9)
        let end = "event: end\ndata: \(Self.build(.succeeded, Self.outcome))\n\n"
        let script = Script([
            cut, Self.unavailable, Self.unavailable, .hangUp,
            // It ends in good order, but early.
            Self.stream(": open\n\n" + Self.event(3, "three")),
            Self.stream(
                Self.event(4, "four") + "id: 5\nevent: state\ndata: {\"event\":\"state\",\"state\":\"succeeded\"}\n\n"
                    + end),
        ])
        let (told, time) = (Told(), TestTime())
        try await LoopbackServer.run(answering: { _ in script.next() }) { server in
            let build = try await client(server, time: time, told: told).follow(Self.id) { told.add($0) }
            #expect(build.state == .succeeded)
            #expect(try build.succeeded().imageID.encoded == String(repeating: "b", count: 64))
            #expect(server.requests.map { $0.header("Last-Event-ID") } == [nil, "2", "2", "2", "2", "3"])
            #expect(Set(server.requests.map(\.line)) == ["GET /api/v1/builds/\(Self.id)/events"])
        }
        #expect(
            told.all == [
                "notice: one", "notice: two",
                "warning: \(try #require(told.all.dropFirst(2).first?.dropFirst("warning: ".count)))",
                "notice: \(try #require(told.all.dropFirst(3).first?.dropFirst("notice: ".count)))", "notice: three",
                "notice: four",
            ])
        #expect(told.all[2].hasSuffix("is asked again for some minutes: the server stops"))
        #expect(told.all[3].hasSuffix(" answers again"))
        // A server that says how long to wait is left alone for so long.
        #expect(time.waits.filter { $0 >= .seconds(7) }.count == 2)
    }

    @Test func aServerThatStaysAwayIsGivenUp() async throws {
        let (told, time) = (Told(), TestTime())
        try await LoopbackServer.run(answering: { _ in .hangUp }) { server in
            let error = await #expect(throws: TransferError.self) {
                try await client(server, time: time, told: told).follow(Self.id) { told.add($0) }
            }
            #expect(error?.blame == .outside)
        }
        #expect(told.all.count == 1 && told.all[0].hasPrefix("warning: "))
        let waited = time.waits.reduce(.zero, +)
        #expect(waited > .seconds(120) && waited < .seconds(360), "\(waited)")
    }

    @Test func aBuildThatIsGoneEndsTheStream() async throws {
        let answer = LoopbackResponse(404, text: #"{"status":404,"code":"not_found","detail":"there is no build"}"#)
        try await LoopbackServer.run(answering: { _ in answer }) { server in
            let error = await #expect(throws: ClientError.self) {
                try await client(server, told: Told()).follow(Self.id) { _ in }
            }
            #expect(error?.code.rawValue == "not_found" && error?.blame == .request)
            #expect(server.requests.count == 1)
        }
    }

    @Test func statesAreNotices() {
        #expect(ServiceClient.event(#"{"event":"state","state":"queued"}"#) == .notice("the build waits for a worker"))
        #expect(
            ServiceClient.event(
                #"{"event":"state","state":"queued","problem":{"code":"x","message":"gone","context":[],"hints":[],"is_requests_fault":false}}"#
            ) == .warning("the build is tried again: gone"))
        #expect(ServiceClient.event(#"{"event":"state","state":"failed"}"#) == nil)
        #expect(ServiceClient.event(#"{"event":"of a later version"}"#) == nil)
        #expect(ServiceClient.event("no JSON") == nil)
    }

    // MARK: Calls

    @Test func callsSayWhoAsksAndInWhichProject() async throws {
        let script = Script([
            LoopbackResponse(200, text: #"{"version":"1.2.3","api":"v1"}"#),
            LoopbackResponse(200, text: #"{"builds":[\#(Self.build(.running))],"next_cursor":"b1"}"#),
            LoopbackResponse(200, text: #"{"builds":[\#(Self.build(.failed))]}"#),
        ])
        try await LoopbackServer.run(answering: { _ in script.next() }) { server in
            #expect(try await client(server).version() == .init(version: "1.2.3", api: "v1"))
            let builds = try await client(server).builds(
                states: [.running, .failed], tag: try Reference("127.0.0.1:5000/team/app:1"), limit: 300)
            #expect(builds.map(\.state) == [.running, .failed])
            #expect(builds[0].row.created == "2026-11-24T10:00:00Z" && builds[0].row.seconds == 2.5)
            #expect(server.requests.allSatisfy { $0.header("Authorization") == "Bearer cprg_a_b" })
            #expect(server.requests.allSatisfy { $0.header("X-Cooperage-Project") == "team" })
            #expect(
                server.requests[2].query.map { "\($0.name)=\($0.value)" } == [
                    "state=running", "state=failed", "tag=127.0.0.1:5000/team/app:1", "limit=200", "cursor=b1",
                ])
        }
    }

    @Test func aBusyServerIsLeftAloneAsLongAsItSays() async throws {
        let script = Script([
            LoopbackResponse(
                429, headers: [("Retry-After", "11")],
                text: #"{"status":429,"code":"too_many","detail":"20 builds wait"}"#),
            .hangUp, LoopbackResponse(202, text: Self.build(.queued)),
        ])
        let time = TestTime()
        let keys = Mutex<[String?]>([])
        try await LoopbackServer.run(answering: { request in
            keys.withLock { $0.append(request.header("Idempotency-Key")) }
            return script.next()
        }) { server in
            let build = try await client(server, time: time).create(
                BuildSubmission(base: .catalog("python-3.11")), secrets: BuildSecrets(), key: "k1")
            #expect(build.state == .queued)
        }
        #expect(keys.withLock { $0 } == ["k1", "k1", "k1"])
        #expect(time.waits.first == .seconds(11))
    }

    @Test func anotherAttemptIsAskedForOnce() async throws {
        try await LoopbackServer.run(answering: { _ in .hangUp }) { server in
            await #expect(throws: TransferError.self) { try await client(server, told: Told()).retry(Self.id) }
            #expect(server.requests.count == 1)
        }
    }

    @Test(arguments: ["", "..", "a/b", "a?b", "ä", String(repeating: "a", count: 65)])
    func anIdIsNoPath(_ id: String) async throws {
        let client = ServiceClient(try ServerAddress("http://127.0.0.1:1"), token: nil)
        let error = await #expect(throws: ClientError.self) { try await client.build(id) }
        #expect(error?.code == .invalidBuild)
    }

    struct Answer: Sendable {
        var status: Int
        var text: String
        var code: String
        var message: String
        var blame: Blame
        var places: [String] = []
        var hints: [String] = []
    }

    @Test(arguments: [
        Answer(
            status: 422,
            text:
                #"{"status":422,"title":"Unprocessable","code":"invalid_request","detail":"'x' is wrong","context":["member: /build/base","odd"],"hints":["try y"],"request_id":"r1"}"#,
            code: "invalid_request", message: "'x' is wrong", blame: .request,
            places: ["member /build/base", "place odd"], hints: ["try y"]),
        Answer(
            status: 403, text: #"{"code":"against_policy","detail":"not allowed"}"#, code: "against_policy",
            message: "not allowed", blame: .request),
        Answer(
            status: 500, text: #"{"code":"internal","detail":"the server failed","request_id":"r1"}"#,
            code: "internal", message: "the server failed", blame: .outside, places: ["request r1"]),
        Answer(
            status: 404, text: "<html>nginx</html>", code: "http_404",
            message: "the server answers GET URL/api/v1/builds/ID with status 404", blame: .request,
            hints: ["is URL a Cooperage server?"]),
        Answer(
            status: 401, text: #"{"code":"unauthenticated","detail":"no token","hints":["send 'Authorization: …'"]}"#,
            code: "unauthenticated", message: "no token", blame: .request,
            hints: ["log in by 'cooperage login --server URL', or set COOPERAGE_TOKEN"]),
    ])
    func problemsAreTheServersWords(_ answer: Answer) async throws {
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(answer.status, text: answer.text) }) { server in
            let thrown = await #expect(throws: ClientError.self) { try await client(server).build(Self.id) }
            let error = try #require(thrown)
            func general(_ text: String) -> String {
                text.replacing(server.origin, with: "URL").replacing(Self.id, with: "ID")
            }
            #expect(error.code.rawValue == answer.code && error.codeName == answer.code)
            #expect(general(error.message) == answer.message)
            #expect(error.blame == answer.blame)
            #expect(error.context.map { general("\($0.label) \($0.value)") } == ["server URL"] + answer.places)
            #expect(error.hints.map(general) == answer.hints)
            #expect(server.requests.count == 1)
        }
    }

    // MARK: Content

    @Test func onlyWhatIsMissingGoesUp() async throws {
        let directory = try TemporaryDirectory()
        for number in 0..<40 { try directory.write(sampleBytes(1000 + number), to: "app-\(number).py") }
        let files = FilesStep(source: directory.path.string, destination: "/app")
        let context = try OutgoingContext(files, in: "/")
        let missing = Array(context.digests.prefix(25))
        let uploaded = Mutex<[String: Digest]>([:])
        let commits = Mutex(0)
        let running = Mutex((now: 0, most: 0))
        try await LoopbackServer.run(answering: { request in
            switch request.line {
            case "POST /api/v1/contexts/missing":
                let left = missing.filter { digest in uploaded.withLock { $0[digest.description] == nil } }
                return LoopbackResponse(
                    200, text: #"{"missing":[\#(left.map { "\"\($0)\"" }.joined(separator: ","))]}"#)
            case "POST /api/v1/contexts":
                let manifest = try JSONDecoder().decode(ContextManifest.self, from: Data(await request.body()))
                #expect(manifest == context.manifest)
                let number = commits.withLock { commits in
                    commits += 1
                    return commits
                }
                // What was there is collected between the question and the commit, once.
                if number == 1 {
                    uploaded.withLock { $0[missing[0].description] = nil }
                    return LoopbackResponse(409, text: #"{"code":"missing_content","detail":"one digest"}"#)
                }
                return LoopbackResponse(201, text: #"{"digest":"\#(missing[1])"}"#)
            default:
                running.withLock { running in
                    running.now += 1
                    running.most = max(running.most, running.now)
                }
                defer { running.withLock { $0.now -= 1 } }
                let digest = try await Digester.digest(of: request.body())
                uploaded.withLock { $0[String(request.path.split(separator: "/").last ?? "")] = digest }
                return LoopbackResponse(201, text: "{}")
            }
        }) { server in
            let upload = ContextUpload(client: try client(server), context: context, events: .none)
            #expect(try await upload.run() == missing[1])
            #expect(server.requests.filter { $0.method == "PUT" }.count == 26)
        }
        #expect(uploaded.withLock { $0 } == Dictionary(uniqueKeysWithValues: missing.map { ($0.description, $0) }))
        #expect(running.withLock { $0.most } <= 8)
    }

    @Test func anUploadThatIsCutIsRepeated() async throws {
        let blob = try Blob(sampleBytes(3 << 20))
        let attempts = Mutex(0)
        try await LoopbackServer.run(answering: { request in
            let number = attempts.withLock { attempts in
                attempts += 1
                return attempts
            }
            if number == 1 {
                _ = try await request.body(limit: 1 << 20)
                return .hangUp
            }
            #expect(try await Digester.digest(of: request.body()) == blob.digest)
            return LoopbackResponse(201, text: "{}")
        }) { server in
            try await client(server).upload(blob) { _ in }
        }
        #expect(attempts.withLock { $0 } == 2)
    }

    @Test func aLogIsWrittenByWholeLines() async throws {
        let text = String(repeating: "zeile ä\n", count: 40_000) + "end without a line feed: ü"
        let written = Mutex<[String]>([])
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(200, text: text) }) { server in
            try await client(server).log(of: Self.id) { lines in written.withLock { $0.append(lines) } }
        }
        #expect(written.withLock { $0.joined() } == text)
        #expect(written.withLock { $0.dropLast().allSatisfy { $0.hasSuffix("\n") } })
    }
}
