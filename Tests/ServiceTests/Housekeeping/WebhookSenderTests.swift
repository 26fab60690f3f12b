import Content
import Diagnostics
import Foundation
import RegistryTesting
import ServiceTesting
import Synchronization
import TestSupport
import Testing
import Transfer

@testable import Service

/// Deliveries to a real receiver on loopback.
@Suite struct WebhookSenderTests {
    private static let secret = "a secret of enough characters"

    struct Message: Sendable, Hashable {
        let path: String
        let body: String
        let headers: [String: String]

        func header(_ name: String) -> String { headers[name] ?? "" }
    }

    /// Takes messages, and answers as it is told.
    private final class Receiver: Sendable {
        private let state = Mutex<(messages: [Message], answers: [LoopbackResponse])>(([], []))
        private let usual: LoopbackResponse

        init(_ answers: LoopbackResponse..., usual: LoopbackResponse = LoopbackResponse(204)) {
            self.usual = usual
            state.withLock { $0.answers = answers }
        }

        var messages: [Message] { state.withLock { $0.messages } }

        func answer(_ request: LoopbackRequest) async throws -> LoopbackResponse {
            let names = [
                "Content-Type", "User-Agent", "X-Cooperage-Event", "X-Cooperage-Delivery", "X-Cooperage-Timestamp",
                "X-Cooperage-Signature",
            ]
            let message = Message(
                path: request.path, body: String(decoding: try await request.body(), as: UTF8.self),
                headers: Dictionary(names.compactMap { name in request.header(name).map { (name, $0) } }) { $1 })
            return state.withLock { state in
                state.messages.append(message)
                return state.answers.isEmpty ? usual : state.answers.removeFirst()
            }
        }
    }

    /// A site with a webhook at a receiver, and two deliveries that wait: of a build that was asked for and called off.
    private func site(
        at receiver: Receiver, _ configure: (inout WebhookSettings) -> Void = { _ in },
        _ body: (ServiceSite, LoopbackServer) async throws -> Void
    ) async throws {
        try await LoopbackServer.run(answering: { try await receiver.answer($0) }) { server in
            let site = try await ServiceSite {
                $0.webhooks.allowsLoopback = true
                configure(&$0.webhooks)
            }
            _ = try await site.service.addWebhook(
                url: "\(server.origin)/hook?x=1", secret: Self.secret, project: "default", by: site.admin)
            let build = try await site.wait()
            _ = try await site.service.cancel(build.id, project: nil, by: site.admin)
            #expect(await site.store.waitingDeliveries == 2)
            try await body(site, server)
        }
    }

    /// Lets the database's clock run on until nothing waits any more. What somebody is at keeps its lease.
    private func drain(_ site: ServiceSite) async throws {
        try await eventually("all deliveries have ended") {
            if await site.store.claimedDeliveries == 0 { await site.store.advance(by: .seconds(4000)) }
            return await site.store.waitingDeliveries == 0
        }
    }

    @Test func aDeliveryIsSigned() async throws {
        let receiver = Receiver()
        try await site(at: receiver) { site, _ in
            try await site.sending { try await drain(site) }
            let messages = receiver.messages
            #expect(messages.count == 2)
            #expect(Set(messages.map { $0.header("X-Cooperage-Delivery") }).count == 2)
            #expect(Set(messages.map { $0.body.contains("\"state\":\"cancelled\"") }) == [true, false])
            for message in messages {
                #expect(message.path == "/hook")
                #expect(message.header("Content-Type") == "application/json")
                #expect(message.header("X-Cooperage-Event") == "build.state")
                #expect(message.header("User-Agent") == "cooperage-webhook")
                let timestamp = message.header("X-Cooperage-Timestamp")
                #expect(abs((Double(timestamp) ?? 0) - Date().timeIntervalSince1970) < 60)
                // As a receiver would check it.
                let program = """
                    import hashlib, hmac, sys
                    body = sys.stdin.buffer.read()
                    print('sha256=' + hmac.new(sys.argv[1].encode(), sys.argv[2].encode() + b'.' + body,
                        hashlib.sha256).hexdigest(), end='')
                    """
                let expected = try await blocking {
                    try python(program, [Self.secret, timestamp], input: Array(message.body.utf8))
                }
                #expect(message.header("X-Cooperage-Signature") == String(decoding: expected, as: UTF8.self))
            }
        }
    }

    @Test(arguments: [500, 503, 404, 429, 302])
    func aDeliveryIsTriedAgain(_ status: Int) async throws {
        let refusal = LoopbackResponse(status, headers: [("Location", "/elsewhere")], text: "not now")
        let receiver = Receiver(refusal, refusal, refusal)
        try await site(at: receiver) { site, _ in
            try await site.sending { try await drain(site) }
            // Three were refused, and both came through; no redirect is followed.
            #expect(receiver.messages.count == 5)
            #expect(Set(receiver.messages.map { $0.header("X-Cooperage-Delivery") }).count == 2)
            #expect(Set(receiver.messages.map(\.path)) == ["/hook"])
            // Each attempt has a signature of its own time.
            for message in receiver.messages {
                #expect(
                    message.header("X-Cooperage-Signature")
                        == "sha256="
                        + (try WebhookSender.signature(
                            message.body, message.header("X-Cooperage-Timestamp"), secret: Array(Self.secret.utf8))))
            }
        }
    }

    @Test func aRetryWaits() async throws {
        let receiver = Receiver(LoopbackResponse(500), LoopbackResponse(500))
        try await site(at: receiver) { site, _ in
            try await site.sending {
                try await eventually("both were refused") { receiver.messages.count == 2 }
                // The wait is 5 s, a quarter of which is left out here by chance.
                try await eventually("they wait again") { await site.store.claimedDeliveries == 0 }
                #expect(receiver.messages.count == 2)
                await site.store.advance(by: .seconds(5))
                try await eventually("both came through") { receiver.messages.count == 4 }
            }
        }
    }

    @Test func aDeliveryIsGivenUp() async throws {
        let receiver = Receiver(usual: LoopbackResponse(500))
        try await site(at: receiver, { $0.attempts = 3 }) { site, _ in
            try await site.sending { try await drain(site) }
            #expect(receiver.messages.count == 6)
        }
    }

    @Test func aReceiverThatIsGoneIsLeftAlone() async throws {
        let receiver = Receiver(usual: LoopbackResponse(410))
        try await site(at: receiver) { site, _ in
            try await site.sending { try await drain(site) }
            #expect(receiver.messages.count == 2)
        }
    }

    @Test func aLongAnswerIsNoMatter() async throws {
        let receiver = Receiver(usual: LoopbackResponse(200, body: [UInt8](repeating: 65, count: 20 << 20)))
        try await site(at: receiver) { site, _ in
            try await site.sending { try await drain(site) }
            #expect(receiver.messages.count == 2)
        }
    }

    @Test func aReceiverThatTakesItsTimeIsGivenUp() async throws {
        let isSlow = Mutex(true)
        let asked = Mutex(0)
        let served = Mutex(0)
        let slow: LoopbackServer.Handler = { _ in
            asked.withLock { $0 += 1 }
            // Longer than it may take.
            if isSlow.withLock({ $0 }) { try await Task.sleep(for: .seconds(30)) }
            served.withLock { $0 += 1 }
            return LoopbackResponse(204)
        }
        try await LoopbackServer.run(answering: slow) { server in
            let site = try await ServiceSite {
                $0.webhooks.allowsLoopback = true
                $0.webhooks.timeout = .milliseconds(300)
            }
            _ = try await site.service.addWebhook(
                url: server.origin, secret: Self.secret, project: "default", by: site.admin)
            try await site.wait()
            try await site.sending {
                try await eventually("it was asked") { asked.withLock { $0 } == 1 }
                try await eventually("it was given up") { await site.store.claimedDeliveries == 0 }
                #expect(served.withLock { $0 } == 0)
                isSlow.withLock { $0 = false }
                try await drain(site)
            }
            // On a busy machine an answer may come too late once more.
            #expect(served.withLock { $0 } >= 1)
        }
    }

    /// One project's receiver takes as long as it may, and others are told all the same.
    @Test func aReceiverThatIsDownKeepsNobodyElseWaiting() async throws {
        let asked = Mutex((now: 0, most: 0))
        let receiver = Receiver()
        let dead: LoopbackServer.Handler = { _ in
            asked.withLock { asked in
                asked.now += 1
                asked.most = max(asked.most, asked.now)
            }
            defer { asked.withLock { $0.now -= 1 } }
            try await Task.sleep(for: .seconds(60))
            return LoopbackResponse(204)
        }
        try await LoopbackServer.run(answering: dead) { down in
            try await LoopbackServer.run(answering: { try await receiver.answer($0) }) { up in
                let site = try await ServiceSite { $0.webhooks.allowsLoopback = true }
                try await site.service.setProject(Project(name: "other"), by: site.admin)
                for (origin, project) in [(down.origin, "default"), (up.origin, "other")] {
                    _ = try await site.service.addWebhook(
                        url: origin, secret: Self.secret, project: project, by: site.admin)
                }
                for _ in 0..<40 { try await site.wait() }
                try await site.sending {
                    try await eventually("the dead one is asked") { asked.withLock { $0.now } >= 4 }
                    for _ in 0..<20 { try await site.wait(project: "other") }
                    try await eventually("the others are told") { receiver.messages.count == 20 }
                    #expect(asked.withLock { $0.most } < 8)
                }
            }
        }
    }

    @Test func aProjectHasSoManyWebhooks() async throws {
        let site = try await ServiceSite()
        try await site.service.setProject(
            Project(name: "team", policy: ProjectPolicy(webhookLimit: 1)), by: site.admin)
        func add(_ project: String) async throws -> Webhook {
            try await site.service.addWebhook(
                url: "https://hooks.example/x", secret: Self.secret, project: project, by: site.admin)
        }
        let first = try await add("team")
        let error = await #expect(throws: ServiceError.self) { try await add("team") }
        #expect(error?.code == .conflict && error?.message.contains("'team'") == true)
        #expect(error?.hints.first?.contains("'webhook_limit'") == true)
        _ = try await add("default")
        try await site.service.removeWebhook(first.id, project: "team", by: site.admin)
        _ = try await add("team")
    }

    @Test func anUnreachableReceiverIsTriedAgain() async throws {
        let receiver = Receiver()
        let site = try await ServiceSite {
            $0.webhooks.allowsLoopback = true
            $0.webhooks.attempts = 2
        }
        let gone = try await LoopbackServer { try await receiver.answer($0) }
        await gone.stop()
        _ = try await site.service.addWebhook(
            url: gone.origin, secret: Self.secret, project: "default", by: site.admin)
        try await site.wait()
        try await site.sending { try await drain(site) }
        #expect(receiver.messages.isEmpty)
    }

    @Test func severalSendersSendEachOnce() async throws {
        let receiver = Receiver()
        try await LoopbackServer.run(answering: { try await receiver.answer($0) }) { server in
            let site = try await ServiceSite { $0.webhooks.allowsLoopback = true }
            _ = try await site.service.addWebhook(
                url: server.origin, secret: Self.secret, project: "default", by: site.admin)
            try await site.sending {
                try await site.sending(site.sibling { _ in }) {
                    for _ in 0..<50 { try await site.wait() }
                    try await eventually("all are delivered") { await site.store.waitingDeliveries == 0 }
                }
            }
            #expect(receiver.messages.count == 50)
            #expect(Set(receiver.messages.map { $0.header("X-Cooperage-Delivery") }).count == 50)
        }
    }

    @Test func aStoppingSenderEndsWhatItBegan() async throws {
        let receiver = Receiver()
        try await site(at: receiver) { site, _ in
            try await stopping(WebhookSender(site.service)) {
                try await eventually("it sends") { !receiver.messages.isEmpty }
            }
            #expect(await site.store.claimedDeliveries == 0)
        }
    }

    // MARK: Where it may go

    @Test func loopbackIsRefusedWhereItIsNotAllowed() async throws {
        let receiver = Receiver()
        // It was allowed when the webhook was added.
        try await site(at: receiver) { site, _ in
            let strict = site.sibling { $0.webhooks.allowsLoopback = false }
            try await site.sending(strict) {
                try await eventually("they are given up") { await site.store.waitingDeliveries == 0 }
            }
            #expect(receiver.messages.isEmpty)
        }
    }

    @Test(arguments: [
        ("https://hooks.example/x", false, true), ("https://10.0.0.5/x", false, true),
        ("http://plain.example/x", false, true), ("http://plain.example:81/x", false, false),
        ("http://other.example/x", false, false), ("https://user:pw@hooks.example/", false, false),
        ("ftp://hooks.example", false, false), ("nonsense", false, false),
        ("https://localhost/x", false, false), ("http://127.0.0.1:1/x", false, false),
        ("https://127.1.2.3/x", false, false), ("https://0.0.0.0/x", false, false), ("https://[::1]/x", false, false),
        ("https://[::]/x", false, false), ("https://2130706433/x", false, false), ("https://0x7f.1/x", false, false),
        ("https://169.254.169.254/latest", false, false), ("https://[fe80::1]/x", false, false),
        ("https://[::ffff:127.0.0.1]/x", false, false), ("https://[::ffff:169.254.169.254]/x", false, false),
        ("https://224.0.0.1/x", false, false), ("https://[fd00:ec2::254]/x", false, false),
        ("http://127.0.0.1:1/x", true, true), ("http://[::1]:1/x", true, true), ("https://169.254.1.1/", true, true),
        ("http://other.example/x", true, false), ("https://224.0.0.1/x", true, false),
    ])
    func urls(_ url: String, _ allowsLoopback: Bool, _ isFine: Bool) throws {
        var settings = WebhookSettings()
        settings.allowsLoopback = allowsLoopback
        settings.insecureHosts = ["plain.example:80"]
        #expect(try (refusal { try settings.check(url) } == nil) == isFine)
    }

    @Test func aNameThatLeadsToThisMachineIsRefusedWhenItIsConnectedTo() async throws {
        let settings = WebhookSettings()
        for host in [
            "127.0.0.1", "0.0.0.0", "169.254.169.254", "[::1]", "[fe80::1]", "[::ffff:7f00:1]", "255.255.255.255",
        ] {
            #expect(!settings.admits(try #require(PeerAddress(host: host))))
        }
        #expect(settings.admits(try #require(PeerAddress(host: "10.1.2.3"))))
        // What the sender's client does with it is in TransferTests; here, that it has it.
        let configuration = try await WebhookSender(ServiceSite().service).client.configuration
        #expect(configuration.admits?(try #require(PeerAddress(host: "127.0.0.1"))) == false)
    }

    @Test func waits() {
        let waits = (1...12).map { WebhookSender.pause(afterAttempt: $0, chance: 0) }
        #expect(waits.prefix(4) == [.seconds(5), .seconds(10), .seconds(20), .seconds(40)])
        #expect(waits.last == .seconds(3600) && waits == waits.sorted())
        #expect(WebhookSender.pause(afterAttempt: 1, chance: 1) == .seconds(2.5))
    }
}
