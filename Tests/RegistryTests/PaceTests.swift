import Content
import Diagnostics
import OCI
import RegistryTesting
import TestSupport
import Testing
import Transfer

@testable import Registry

/// How fast a registry is asked (moby#20936, containerd#10447).
@Suite struct PaceTests {
    private var pace = Pace(transfers: 8, maximumPause: .seconds(120))

    @Test mutating func aRefusalHalvesAndSuccessGrowsBack() {
        pace.refused(at: .zero, retryAfter: nil)
        #expect(pace.transfers == 4 && pace.interval == .milliseconds(50))
        // The same crowd of requests tells nothing new.
        pace.refused(at: .milliseconds(999), retryAfter: nil)
        #expect(pace.transfers == 4)
        pace.refused(at: .seconds(1), retryAfter: nil)
        pace.refused(at: .seconds(2), retryAfter: nil)
        pace.refused(at: .seconds(3), retryAfter: nil)
        #expect(pace.transfers == 1 && pace.interval == .milliseconds(400))
        var steps: [Int] = []
        for _ in 0..<200 {
            pace.accepted()
            if steps.last != pace.transfers { steps.append(pace.transfers) }
        }
        #expect(steps == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(pace.interval == .zero)
        #expect(pace.reserve(at: .seconds(9)) == .zero && pace.reserve(at: .seconds(9)) == .zero)
    }

    @Test mutating func requestsStandInARow() {
        pace.refused(at: .seconds(1), retryAfter: nil)
        #expect((0..<3).map { _ in pace.reserve(at: .seconds(2)) } == [.zero, .milliseconds(50), .milliseconds(100)])
    }

    @Test(arguments: [
        (Duration.seconds(30), Duration.seconds(30)), (.seconds(120), .seconds(120)), (.seconds(121), .zero),
    ])
    func whatIsAskedForIsWaited(retryAfter: Duration, wait: Duration) {
        var pace = pace
        pace.refused(at: .seconds(1), retryAfter: retryAfter)
        #expect(pace.reserve(at: .seconds(1)) == wait)
        // Those that were under way by then do not halve it again.
        pace.refused(at: .seconds(1) + wait - .milliseconds(1), retryAfter: nil)
        #expect(pace.transfers == 4)
    }

    /// What one operation was told holds for the next one, which is not told it.
    @Test func oneRefusalSlowsTheWholeHost() async throws {
        let busy = LoopbackResponse(429, headers: [("Retry-After", "7")], text: "slow down")
        let time = TestTime()
        let digest = try Blob(sampleBytes(10)).digest
        try await TestRegistry.run(faults: [Fault(.answer(busy), times: 1)]) { registry in
            try await TestRegistry.run { other in
                let client = RegistryClient(
                    client: HTTPClient(), retrier: Retrier(policy: .never, time: time.source))
                let first = try registry.reference("a")
                await #expect(throws: RegistryError.self) { try await client.hasBlob(digest, in: first) }
                #expect(try await client.hasBlob(digest, in: other.reference("a")) == false)
                #expect(time.waits == [])
                #expect(try await client.hasBlob(digest, in: registry.reference("b")) == false)
                #expect(time.waits == [.seconds(7)])
            }
        }
    }
}

@Suite struct RegistryProfileTests {
    @Test(arguments: [
        ("docker.io", "Docker Hub"), ("ghcr.io", "GitHub"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com", "Amazon ECR"),
        ("public.ecr.aws", "Amazon ECR Public"), ("europe-docker.pkg.dev", "Google"), ("eu.gcr.io", "Google"),
        ("gcr.io", "Google"), ("team.azurecr.io", "Azure"), ("quay.io", "Quay"), ("team.jfrog.io", "Artifactory"),
        ("127.0.0.1:5000", "registry"), ("notghcr.io", "registry"), ("ghcr.io.example", "registry"),
        ("azurecr.io.evil.example", "registry"),
    ])
    func registriesAreKnownByTheirHosts(registry: String, name: String) {
        #expect(RegistryProfile(registry: registry).name == name)
    }

    @Test(arguments: [
        ("team.azurecr.io", RegistryErrorCode.unauthorised, 401, "UNAUTHORIZED", "az acr login"),
        ("a.example", .denied, 403, "DENIED", "cooperage login a.example"),
        ("1.dkr.ecr.eu-west-1.amazonaws.com", .notFound, 404, "NAME_UNKNOWN", "created beforehand"),
        ("a.example", .notFound, 404, "NAME_UNKNOWN", "check the repository's name"),
    ])
    func refusalsHaveTheRegistrysOwnHints(
        registry: String, code: RegistryErrorCode, status: Int, word: String, hint: String
    ) async throws {
        let answer = LoopbackResponse(status, text: #"{"errors":[{"code":"\#(word)"}]}"#)
        try await TestRegistry.run(faults: [Fault(.answer(answer))]) { server in
            let client = RegistryClient(client: HTTPClient(), profile: { _ in RegistryProfile(registry: registry) })
            let name = try server.reference("a:1")
            let error = try await #require(throws: RegistryError.self) { try await client.resolve(name) }
            #expect(error.code == code)
            let expected = hint.replacing("a.example", with: server.host)
            #expect(error.hints.joined().contains(expected), "\(error.hints)")
        }
    }
}
