import Content
import Diagnostics
import Spec
import SystemPackage
import Testing

@testable import Python

/// Real uv against directories of wheels; no network.
@Suite struct ResolverTests {
    let workshop: Workshop
    let indexes: PackageIndexes

    init() throws {
        workshop = try Workshop()
        let links = try workshop.directory("links")
        for wheel in [
            try WheelFixture("alpha", "1.0", requires: ["beta>=1"]),
            try WheelFixture("alpha", "2.0", requires: ["beta>=2"]),
            try WheelFixture("beta", "1.0"), try WheelFixture("beta", "2.0"),
            try WheelFixture("native", "1.0", tag: "cp311-cp311-manylinux_2_17_x86_64"),
            try WheelFixture("native", "1.0", tag: "cp39-abi3-manylinux_2_17_x86_64"),
            try WheelFixture("native", "1.0"),
        ] { try wheel.write(to: links) }
        indexes = PackageIndexes(findLinks: [links.string])
    }

    func resolve(_ text: String, upgrade: Bool = false) async throws -> Resolution {
        let path = try workshop.file("requirements.txt", "--no-index\n" + text)
        return try await workshop.resolver().resolve(
            ResolutionRequest(manifests: [try Manifest(path)], indexes: indexes, target: .debian12, upgrade: upgrade))
    }

    @Test func resolvesDependenciesToWheels() async throws {
        let lock = try await resolve("alpha\n").lock
        #expect(lock.packages.map { "\($0.name) \($0.version)" } == ["alpha 2.0", "beta 2.0"])
        let beta = try WheelFixture("beta", "2.0")
        #expect(lock.packages.last?.wheel.digest == beta.digest)
        #expect(lock.packages.last?.wheel.url == "file://\(workshop.root)/links/\(beta.filename)")
    }

    @Test func takesTheWheelWithTheBestTag() async throws {
        let lock = try await resolve("native\n").lock
        #expect(lock.packages.map(\.wheel.filename) == ["native-1.0-cp311-cp311-manylinux_2_17_x86_64.whl"])
    }
}
