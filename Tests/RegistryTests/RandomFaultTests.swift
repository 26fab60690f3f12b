import Content
import Diagnostics
import OCI
import Registry
import RegistryTesting
import TestSupport
import Testing
import Transfer

/// Pushes to a registry whose faults are drawn by lot, the same for the same seed: each ends whole or with an error, and
/// nothing is named whose parts are not there.
@Suite struct RandomFaultTests {
    private static let pushes = 10
    private static let faultsAPush = 2

    private static let effects: [(effect: Fault.Effect, methods: [String])] = [
        (.answer(LoopbackResponse(429, headers: [("Retry-After", "3")], text: "slow down")), ["HEAD", "POST", "PUT"]),
        (.answer(LoopbackResponse(500, text: "oops")), ["POST", "PATCH", "PUT", "GET"]),
        (.answer(LoopbackResponse(503)), ["HEAD", "POST", "PATCH", "PUT"]),
        (.answer(LoopbackResponse(400, text: "no")), ["PATCH", "PUT"]),
        (.answer(LoopbackResponse(404, text: "not found")), ["PATCH", "PUT", "GET"]),
        (.hangUp(afterReceiving: 0), ["HEAD", "POST", "PATCH", "PUT"]),
        (.hangUp(afterReceiving: 30_000), ["PATCH", "PUT"]),
        (.breakOff(afterReceiving: 20_000), ["PATCH"]),
        (.shortRange(10_000), ["PATCH"]),
        (.cut(after: 0), ["POST", "PATCH", "PUT"]),
        (.loseSession, ["PATCH", "PUT", "GET"]),
        (.expireToken, ["HEAD", "POST", "PATCH", "PUT", "GET"]),
        (.relativeLocation, ["POST", "PATCH"]),
        (.field(name: "Location", value: nil), ["PATCH"]),
        (.field(name: "Range", value: nil), ["PATCH", "GET"]),
        (.field(name: "Docker-Content-Digest", value: nil), ["HEAD", "PUT"]),
        (.refuseBodies(above: 50_000, status: 413), ["PATCH", "PUT"]),
    ]

    private func faults(_ random: inout Seeded) -> [Fault] {
        (0..<Self.faultsAPush).map { _ in
            let drawn = Self.effects[Int.random(in: 0..<Self.effects.count, using: &random)]
            return Fault(
                drawn.effect, on: drawn.methods[Int.random(in: 0..<drawn.methods.count, using: &random)],
                skipping: Int.random(in: 0..<8, using: &random), times: Int.random(in: 1...2, using: &random))
        }
    }

    @Test(arguments: 0..<pushes) func aPushEndsWholeOrWithAnError(seed: Int) async throws {
        var random = Seeded(seed)
        let faults = faults(&random)
        let image = try SampleImage(layers: [250_000, 60_000, 5000], seed: UInt64(seed) * 10 + 1)
        let time = TestTime()
        try await TestRegistry.run(access: .bearer(), faults: faults) { registry in
            let client = RegistryClient(
                client: HTTPClient(), retrier: Retrier(time: time.source),
                profile: { _ in
                    var profile = RegistryProfile()
                    profile.uploads = .chunked(above: 100_000)
                    return profile
                })
            let name = try registry.reference("team/app:1")
            var failure: (any Error)?
            do {
                try await image.push(PushSession(client, to: name), tags: ["1"])
            } catch {
                failure = error
            }
            let isNamed = registry.digest(ofTag: "1", in: "team/app") != nil
            if let failure {
                #expect(failure is any Diagnostic, "\(failure)")
            } else {
                #expect(isNamed, "\(faults)")
            }
            guard isNamed else { return }
            for blob in image.blobs {
                #expect(try registry.blob(blob.digest, in: "team/app") == blob.readAll(), "\(faults)")
            }
        }
    }

    /// The faults are survived, and not merely told.
    @Test func mostPushesComeToTheirEnd() async throws {
        var whole = 0
        for seed in 100..<110 {
            var random = Seeded(seed)
            let image = try SampleImage(layers: [50_000, 5000], seed: UInt64(seed) * 10)
            try await TestRegistry.run(access: .bearer(), faults: Array(faults(&random).prefix(1))) { registry in
                let client = RegistryClient(client: HTTPClient(), retrier: Retrier(time: TestTime().source))
                let name = try registry.reference("app:1")
                try? await image.push(PushSession(client, to: name), tags: ["1"])
                whole += registry.digest(ofTag: "1", in: "app") == nil ? 0 : 1
            }
        }
        #expect(whole >= 8, "\(whole) of 10")
    }
}
