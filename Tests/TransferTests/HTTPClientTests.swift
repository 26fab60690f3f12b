import Content
import Diagnostics
import OCI
import RegistryTesting
import Synchronization
import TestSupport
import Testing
import Transfer

@Suite struct HTTPClientTests {
    private let client = HTTPClient()

    private func request(
        _ server: LoopbackServer, _ path: String, _ method: HTTPRequest.Method = .get, headers: HTTPHeaders = [:],
        body: HTTPRequest.Body = .none
    ) throws -> HTTPRequest {
        HTTPRequest(method, try HTTPURL(server.origin + path), headers: headers, body: body)
    }

    @Test func answersArriveWhole() async throws {
        try await LoopbackServer.run(answering: {
            LoopbackResponse(
                201, headers: [("X-Path", $0.path), ("X-Agent", $0.header("User-Agent") ?? "")], text: "hello")
        }) { server in
            let response = try await client.send(request(server, "/a%20b?x=1"))
            #expect(response.status == 201)
            #expect(response.text == "hello")
            #expect(response.headers["x-agent"] == "cooperage")
            #expect(server.requests.map(\.line) == ["GET /a b"])
        }
    }

    @Test(arguments: [HTTPRequest.Method.post, .put, .patch])
    func bodiesAreStreamedFromABlob(method: HTTPRequest.Method) async throws {
        let bytes = sampleBytes(5 << 20)
        let blob = try Blob(bytes)
        let furthest = Mutex<Int64>(0)
        try await LoopbackServer.run(answering: { request in
            let digest = try await Digester.digest(of: request.body())
            return LoopbackResponse(200, text: "\(digest) \(request.header("Content-Length") ?? "none")")
        }) { server in
            let response = try await client.send(request(server, "/", method, body: .blob(blob))) { count in
                furthest.withLock { $0 = max($0, count) }
            }
            #expect(response.text == "\(blob.digest) \(bytes.count)")
            #expect(furthest.withLock { $0 } == Int64(bytes.count))
            #expect(server.requests.first?.header("Expect") == nil)
        }
    }

    @Test(arguments: [HTTPRequest.Method.post, .put])
    func emptyBodiesTellTheirLength(method: HTTPRequest.Method) async throws {
        try await LoopbackServer.run(answering: { LoopbackResponse(202, text: $0.header("Content-Length") ?? "none") })
        {
            let response = try await client.send(request($0, "/", method))
            #expect(response.text == "0")
        }
    }

    @Test func headTellsTheLengthAndHasNoBody() async throws {
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(200, headers: [("Content-Length", "12345")]) })
        {
            let response = try await client.send(request($0, "/", .head))
            #expect(response.headers["content-length"] == "12345")
            #expect(response.body.isEmpty)
        }
    }

    @Test func aSinkTakesTheBodyAndItsErrorComesOut() async throws {
        struct Full: Error {}
        let bytes = sampleBytes(3 << 20)
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(200, body: bytes) }) { server in
            let received = Mutex<[UInt8]>([])
            let response = try await client.send(
                request(server, "/"),
                receive: { _ in { piece in received.withLock { $0.append(contentsOf: piece) } } }, progress: { _ in })
            #expect(response.body.isEmpty)
            #expect(received.withLock { $0 } == bytes)
            await #expect(throws: Full.self) {
                try await client.send(request(server, "/"), receive: { _ in { _ in throw Full() } }, progress: { _ in })
            }
        }
    }

    @Test func longAnswersAreRefusedAndLongErrorsCut() async throws {
        try await LoopbackServer.run(answering: { request in
            LoopbackResponse(request.path == "/good" ? 200 : 404, body: sampleBytes(200 << 10))
        }) { server in
            var good = try request(server, "/good")
            good.responseLimit = 100 << 10
            let error = await #expect(throws: TransferError.self) { try await client.send(good) }
            #expect(error?.code == .tooLong)
            let bad = try await client.send(request(server, "/bad"))
            #expect(bad.status == 404)
            #expect(bad.body.count == 64 << 10)
        }
    }

    @Test func redirectsKeepCredentialsAtHome() async throws {
        try await LoopbackServer.run(answering: { LoopbackResponse(200, text: $0.header("Authorization") ?? "none") }) {
            other in
            let target = "\(other.origin)/there"
            try await LoopbackServer.run(answering: { request in
                switch request.path {
                case "/away": LoopbackResponse(307, headers: [("Location", target)], text: "go")
                case "/near": LoopbackResponse(302, headers: [("Location", "here")])
                case "/loop": LoopbackResponse(302, headers: [("Location", "/loop")])
                default: LoopbackResponse(200, text: request.header("Authorization") ?? "none")
                }
            }) { home in
                let secret: HTTPHeaders = ["Authorization": "Bearer secret"]
                let away = try await client.send(request(home, "/away", headers: secret))
                #expect(away.text == "none")
                #expect(away.url.text == target)
                #expect(try await client.send(request(home, "/near", headers: secret)).text == "Bearer secret")
                let endless = await #expect(throws: TransferError.self) {
                    try await client.send(request(home, "/loop"))
                }
                #expect(endless?.code == .badRedirect)
                let put = try await client.send(request(home, "/away", .put, headers: secret))
                #expect(put.status == 307)
            }
        }
    }

    @Test func plainHTTPStaysOnThisMachine() async throws {
        let error = await #expect(throws: TransferError.self) {
            try await client.send(HTTPRequest(.get, try HTTPURL("http://registry.example/v2/?token=abc")))
        }
        #expect(error?.code == .insecureTransport)
        #expect(error.map { "\($0)".contains("abc") } == false)
    }

    @Test func controlCharactersInHeadersAreRefused() async throws {
        let error = await #expect(throws: TransferError.self) {
            try await client.send(
                HTTPRequest(.get, try HTTPURL("http://127.0.0.1:1/"), headers: ["A": "b\r\nX: y"]))
        }
        #expect(error?.code == .invalidHeader)
    }

    @Test func aBrokenConnectionAndASilentHostPass() async throws {
        try await LoopbackServer.run(answering: { _ in
            LoopbackResponse(200, body: sampleBytes(10_000), cutAfter: 5_000)
        }) { server in
            let error = await #expect(throws: TransferError.self) { try await client.send(request(server, "/")) }
            #expect(error?.code == .interrupted)
            #expect(error?.failureClass == .passing)
        }
        let nobody = await #expect(throws: TransferError.self) {
            try await client.send(HTTPRequest(.get, try HTTPURL("http://127.0.0.1:1/")))
        }
        #expect(nobody?.code == .unreachable)
    }

    @Test(.timeLimit(.minutes(10))) func cancellationEndsATransferAtOnce() async throws {
        let (arrivals, arrived) = AsyncStream<Void>.makeStream()
        let (gate, opener) = AsyncStream<Void>.makeStream()
        try await LoopbackServer.run(answering: { _ in
            arrived.yield()
            for await _ in gate {}
            return LoopbackResponse(200)
        }) { server in
            let url = try HTTPURL(server.origin)
            let client = client
            let task = Task { try await client.send(HTTPRequest(.get, url)) }
            for await _ in arrivals { break }
            let clock = ContinuousClock()
            let elapsed = await clock.measure {
                task.cancel()
                await #expect(throws: CancellationError.self) { try await task.value }
            }
            #expect(elapsed < .seconds(15))  // the server would never answer; the bound is for a loaded machine
            opener.finish()
        }
    }

    @Test func manyAtOnce() async throws {
        try await LoopbackServer.run(answering: { LoopbackResponse(200, text: $0.path) }) { server in
            let client = client
            let origin = server.origin
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<60 {
                    group.addTask {
                        let response = try await client.send(HTTPRequest(.get, HTTPURL("\(origin)/\(number)")))
                        return response.text == "/\(number)"
                    }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test(arguments: [("7", 7), ("-3", 0), ("Thu, 01 Jan 1970 00:00:10 GMT", 0)])
    func retryAfterIsReadAsSecondsOrDate(value: String, seconds: Int) async throws {
        try await LoopbackServer.run(answering: { _ in LoopbackResponse(429, headers: [("Retry-After", value)]) }) {
            let response = try await client.send(request($0, "/"))
            #expect(response.retryAfter == .seconds(seconds))
        }
    }
}
