import Build
import Content
import OCI
import ServiceTesting
import SystemPackage
import TestSupport

@testable import Service

extension ServiceSite {
    /// A build that waits, of a base alone or with a context.
    @discardableResult
    func wait(_ context: Digest? = nil, project: String = "default") async throws -> BuildRecord {
        var submission = BuildSubmission(base: .catalog("python-3.11"))
        submission.context = context
        // Equal ones would wait for each other.
        submission.execution.labels = ["number": String(UInt64.random(in: .min ... .max))]
        return try await service.submit(submission, project: project, by: admin).build
    }

    /// A build that was called off, with a file.
    func ended() async throws -> BuildRecord {
        let id = try await wait().id
        let build = try await service.cancel(id, project: nil, by: admin)
        try files(of: id).write(["plan"], as: .plan)
        return build
    }

    func files(of build: String) -> BuildFiles { BuildFiles(dataDirectory: data, build: build) }

    /// Content of a cache that was last used so long ago.
    func content(_ byte: UInt8, size: Int, in cache: FilePath, usedAgo: Duration) throws -> FilePath {
        let store = try BuildCache(cache).blobs
        let path = store.path(of: try store.put([UInt8](repeating: byte, count: size)).digest)
        try age(path, by: usedAgo)
        return path
    }

    /// Claims the oldest build that may begin.
    func claim() async throws -> Lease? {
        try await store.claim(worker: "test", leaseFor: .seconds(100_000), attemptLimit: 10)
    }

    /// Runs the sender of webhooks for the time of an operation.
    func sending<Value: Sendable>(
        _ service: BuildService? = nil, _ operation: @Sendable () async throws -> Value
    ) async throws -> Value {
        let sender = WebhookSender(service ?? self.service, chance: { 0.5 })
        let running = Task { try await sender.run() }
        defer { running.cancel() }
        return try await operation()
    }
}
