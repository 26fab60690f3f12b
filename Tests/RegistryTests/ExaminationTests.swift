import Content
import Diagnostics
import OCI
import Registry
import RegistryTesting
import TestSupport
import Testing
import Transfer

/// What is found out about registries that do this and not that.
@Suite struct ExaminationTests {
    private let time = TestTime()

    private func verdicts(_ registry: TestRegistry) async throws -> [String: RegistryFinding.Verdict] {
        let client = RegistryClient(client: HTTPClient(), retrier: Retrier(time: time.source))
        let diagnosis = try await client.examine(registry.reference("team/app"))
        return Dictionary(diagnosis.findings.map { ($0.subject, $0.verdict) }) { first, _ in first }
    }

    private static let usual: [String: RegistryFinding.Verdict] = [
        "auth": .yes, "profile": .unknown, "limits": .unknown, "pull": .unknown, "push": .yes, "chunks": .yes,
        "resume": .yes, "bodies": .yes, "mount": .yes, "zstd": .yes, "delete": .yes, "referrers": .yes,
    ]

    static let rows: [(String, [Fault], [String: RegistryFinding.Verdict])] = [
        ("all is well", [], [:]),
        (
            "no chunks", [Fault(.answer(LoopbackResponse(405)), on: "PATCH")],
            ["chunks": .no, "resume": .unknown, "blobs": .yes]
        ),
        ("no status", [Fault(.answer(LoopbackResponse(404)), on: "GET", path: "/uploads/")], ["resume": .no]),
        (
            "no chunks above 4 MiB (rust-oci-client#35)",
            [Fault(.refuseBodies(above: 4 << 20, status: 416), on: "PATCH")], ["bodies": .no]
        ),
        (
            "no bodies above 1 MiB (kubernetes-ingress#122)", [Fault(.refuseBodies(above: 1 << 20, status: 413))],
            ["bodies": .no]
        ),
        ("mounts ignored (harbor#22863)", [Fault(.ignoreMount, on: "POST")], ["mount": .no]),
        ("mounts refused (ggcr#1679)", [Fault(.answer(LoopbackResponse(400)), query: "mount")], ["mount": .no]),
        ("no deletion", [Fault(.answer(LoopbackResponse(405)), on: "DELETE")], ["delete": .no]),
        (
            "no zstd", [Fault(.answer(LoopbackResponse(400)), on: "PUT", path: "/manifests/")],
            ["zstd": .no, "delete": .no]
        ),
        ("no referrers", [Fault(.answer(LoopbackResponse(404)), path: "/referrers/")], ["referrers": .no]),
        (
            "nothing may be pushed", [Fault(.answer(LoopbackResponse(403)), on: "POST")],
            [
                "push": .no, "chunks": .unknown, "resume": .unknown, "bodies": .unknown, "mount": .unknown,
                "zstd": .unknown, "delete": .unknown,
            ]
        ),
        (
            "limits are told (moby#20936)",
            [Fault(.field(name: "RateLimit-Limit", value: "100;w=21600"), path: "/v2")],
            ["limits": .yes]
        ),
        (
            "busy at times", [Fault(.answer(LoopbackResponse(503)), on: "PATCH", times: 1)], [:]
        ),
    ]

    @Test(arguments: rows)
    func whatItDoesIsFoundOut(_ name: String, faults: [Fault], changes: [String: RegistryFinding.Verdict]) async throws
    {
        try await TestRegistry.run(access: .bearer(), faults: faults, listsReferrers: true) { registry in
            let found = try await verdicts(registry)
            #expect(found == Self.usual.merging(changes) { $1 })
        }
    }

    @Test func nothingIsLeftBehind() async throws {
        try await TestRegistry.run { registry in
            _ = try await verdicts(registry)
            let pushed = registry.requests.filter { $0.method == "PUT" }.compactMap { $0.query("digest") }
            #expect(!pushed.isEmpty)
            for digest in try pushed.map({ try Digest($0) }) { #expect(registry.blob(digest, in: "team/app") == nil) }
        }
    }

    @Test func whoIsNotThereIsNoFinding() async throws {
        let client = RegistryClient(client: HTTPClient(), retrier: Retrier(policy: .never))
        let name = try Reference("127.0.0.1:1/app")
        await #expect(throws: TransferError.self) { try await client.examine(name) }
    }
}
