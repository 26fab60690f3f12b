import Diagnostics
import FoundationEssentials
import Logging
public import ServiceLifecycle
import Synchronization
import Transfer

/// Tells webhooks of builds. Every process may have one on the same database: a delivery is one sender's at a time.
///
/// A delivery is a POST of JSON. The receiver knows it by its signature,
///
///     X-Cooperage-Signature: sha256=<HMAC-SHA256 of "<X-Cooperage-Timestamp>.<body>", in hexadecimal>
///
/// and a repeated one by `X-Cooperage-Delivery`. Deliveries come at least once, in no order that is promised.
public struct WebhookSender: Service {
    private let service: BuildService
    let client: HTTPClient
    private let chance: @Sendable () -> Double
    private let underWay = UnderWay()
    /// Rings when a delivery has ended.
    private let ends = Doorbell()

    /// So many deliveries are under way at once, so that a receiver which takes its time keeps few others waiting.
    private static let room = 16
    /// So many of them begin for one project at once: one whose receivers are down keeps half of the room, at most, from the
    /// others.
    private static let share = 4
    /// The longest wait before a delivery is tried again.
    private static let longestPause = Duration.seconds(3600)

    /// Makes the sender of a service.
    public init(_ service: BuildService) { self.init(service, chance: { .random(in: 0..<1) }) }

    init(_ service: BuildService, certificateFile: String? = nil, chance: @escaping @Sendable () -> Double) {
        self.service = service
        self.chance = chance
        let settings = service.settings.webhooks
        var configuration = HTTPClient.Configuration(
            insecureHosts: settings.insecureHosts, certificateFile: certificateFile, userAgent: "cooperage-webhook")
        configuration.admits = settings.admits
        client = HTTPClient(configuration: configuration)
    }

    static func purpose(id: String, project: String) -> String { "secret of the webhook \(id) of project \(project)" }

    /// Sends until the process stops. What is under way then comes to its end, which is never far.
    public func run() async throws {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                let (ticket, endTicket) = (service.bell.ticket(), ends.ticket())
                let room = Self.room - underWay.count
                let busy = underWay.projects(withAtLeast: Self.share)
                let deliveries = room > 0 ? await claim(min(room, Self.share), excluding: busy) : []
                for delivery in deliveries {
                    underWay.begin(delivery.webhook.project)
                    group.addTask {
                        await deliver(delivery)
                        underWay.end(delivery.webhook.project)
                        ends.ring(.work)
                    }
                }
                guard deliveries.isEmpty else { continue }
                // What other processes leave is found within a second.
                await cancelWhenGracefulShutdown {
                    if room > 0, busy.isEmpty {
                        await service.bell.wait(for: .work, since: ticket, atMost: .seconds(1))
                    } else {
                        await ends.wait(for: .work, since: endTicket, atMost: .seconds(1))
                    }
                }
            }
        }
    }

    private func claim(_ limit: Int, excluding projects: Set<String>) async -> [WebhookDelivery] {
        do {
            return try await service.store.claimDeliveries(
                limit: limit, leaseFor: service.settings.webhooks.timeout * 2 + .seconds(10), excluding: projects)
        } catch {
            if !Task.isCancelled { service.logger.error("no delivery to a webhook can be taken: \(error)") }
            return []
        }
    }

    // MARK: One delivery

    /// What became of an attempt.
    private enum Outcome {
        case delivered
        case failed(String, retryAfter: Duration?)
        case hopeless(String)
    }

    private func deliver(_ delivery: WebhookDelivery) async {
        let outcome = await attempt(delivery)
        // It is given back by its lease; what has not been heard of is sent again.
        if Task.isCancelled { return }
        var logger = service.logger
        logger[metadataKey: "webhook"] = "\(delivery.webhook.id)"
        logger[metadataKey: "delivery"] = "\(delivery.id)"
        var again: Duration?
        switch outcome {
        case .delivered: break
        case .failed(let why, let retryAfter) where delivery.attempts < service.settings.webhooks.attempts:
            let pause = Self.pause(afterAttempt: delivery.attempts, chance: chance())
            again = min(max(pause, retryAfter ?? .zero), Self.longestPause)
            logger.notice("attempt \(delivery.attempts) at a delivery failed: \(why)")
        case .failed(let why, _), .hopeless(let why):
            logger.warning("a delivery is given up after \(delivery.attempts) attempts: \(why)")
        }
        do {
            let isDelivered = if case .delivered = outcome { true } else { false }
            try await service.store.endDelivery(delivery.id, delivered: isDelivered, again: again)
        } catch {
            // It is sent again when its lease is over, which receivers know by its number.
            logger.error("the end of a delivery cannot be written: \(error)")
        }
    }

    private func attempt(_ delivery: WebhookDelivery) async -> Outcome {
        let request: HTTPRequest
        do {
            // The settings may have changed since it was added.
            try service.settings.webhooks.check(delivery.webhook.url)
            request = try self.request(delivery)
        } catch let error as ServiceError where error.code == .undecipherable {
            return .failed("\(error)", retryAfter: nil)
        } catch {
            return .hopeless("\(error)")
        }
        do {
            let response = try await answer(to: request)
            if response.isSuccess { return .delivered }
            if response.status == 410 { return .hopeless("the receiver is gone for good (410)") }
            return .failed("the receiver answered \(response.status)", retryAfter: response.retryAfter)
        } catch {
            return .failed("\(error)", retryAfter: nil)
        }
    }

    private func request(_ delivery: WebhookDelivery) throws -> HTTPRequest {
        let webhook = delivery.webhook
        let secret = try service.vault.open(
            webhook.sealedSecret, for: Self.purpose(id: webhook.id, project: webhook.project))
        let timestamp = String(Int64(Date().timeIntervalSince1970))
        var request = HTTPRequest(
            .post, try HTTPURL(webhook.url),
            headers: [
                "Content-Type": "application/json", "X-Cooperage-Event": "build.state",
                "X-Cooperage-Delivery": String(delivery.id), "X-Cooperage-Timestamp": timestamp,
                "X-Cooperage-Signature": "sha256=\(try Self.signature(delivery.body, timestamp, secret: secret))",
            ], body: .bytes(Array(delivery.body.utf8)))
        let timeout = service.settings.webhooks.timeout
        request.timeouts = HTTPRequest.Timeouts(connect: timeout, stall: timeout)
        request.redirects = 0
        return request
    }

    static func signature(_ body: String, _ timestamp: String, secret: [UInt8]) throws -> String {
        try hmacSHA256("\(timestamp).\(body)".utf8, key: secret)
    }

    /// The answer, whose body is nothing to us, if it comes in time however slowly it trickles.
    private func answer(to request: HTTPRequest) async throws -> HTTPResponse {
        let timeout = service.settings.webhooks.timeout
        return try await withThrowingTaskGroup(of: HTTPResponse?.self) { group in
            group.addTask { try await client.send(request, receive: { _ in { _ in } }, progress: { _ in }) }
            group.addTask {
                try await Task.sleep(for: timeout)
                return nil
            }
            defer { group.cancelAll() }
            guard let response = try await group.next() ?? nil else {
                throw TransferError(.timedOut, "the receiver takes longer than \(timeout)")
            }
            return response
        }
    }

    /// The wait doubles from attempt to attempt, half of it left to chance, so that a receiver which comes back is not
    /// met by all at once.
    static func pause(afterAttempt attempt: Int, chance: Double) -> Duration {
        var pause = Duration.seconds(5)
        for _ in 1..<max(1, min(attempt, 12)) { pause *= 2 }
        return min(pause, longestPause) * (1 - 0.5 * chance)
    }
}

/// How many deliveries are under way, by project.
private final class UnderWay: Sendable {
    private let numbers = Mutex<[String: Int]>([:])

    var count: Int { numbers.withLock { $0.values.reduce(0, +) } }

    func begin(_ project: String) { numbers.withLock { $0[project, default: 0] += 1 } }

    func end(_ project: String) {
        numbers.withLock { numbers in
            let left = numbers[project, default: 0] - 1
            numbers[project] = left > 0 ? left : nil
        }
    }

    func projects(withAtLeast number: Int) -> Set<String> {
        numbers.withLock { Set($0.filter { $0.value >= number }.keys) }
    }
}
