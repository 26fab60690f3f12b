import Content
import Diagnostics
import OCI
import Programs
import Spec
import SystemPackage
import TestSupport
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

    @Test func aLockIsAManifest() async throws {
        let first = try await resolve("alpha<2\nnative\n").lock
        let path = try workshop.file("pylock.toml", first.pylockText)
        let second = try await workshop.resolver().resolve(
            ResolutionRequest(manifests: [try Manifest(path)], indexes: PackageIndexes(), target: .debian12)
        ).lock
        #expect(second.packages == first.packages)
    }

    @Test func uvDecidesTheMarkersOfALock() async throws {
        let (one, two) = (try WheelFixture("beta", "1.0"), try WheelFixture("beta", "2.0"))
        func package(_ wheel: WheelFixture, _ marker: String) -> String {
            """
            [[packages]]
            name = "beta"
            version = "\(wheel.version)"
            marker = "\(marker)"
            wheels = [{ path = "links/\(wheel.filename)", size = \(wheel.bytes.count), hashes = { sha256 = "\(wheel.digest.encoded)" } }]

            """
        }
        let path = try workshop.file(
            "pylock.test.toml",
            "lock-version = \"1.0\"\nrequires-python = \">=3.9\"\n"
                + package(one, "python_full_version < '3.11.3'") + package(two, "python_full_version >= '3.11.3'")
                + "[[packages]]\nname = \"unwanted\"\nmarker = \"sys_platform == 'win32'\"\ndirectory = { path = \"x\" }\n"
        )
        func version(_ patch: Int) async throws -> [LockedPackage] {
            var target = PythonTarget.debian12
            target.version = PythonVersion(major: 3, minor: 11, patch: patch)
            return try await workshop.resolver().resolve(
                ResolutionRequest(manifests: [try Manifest(path)], indexes: PackageIndexes(), target: target)
            ).lock.packages
        }
        #expect(try await version(2).map(\.version) == ["1.0"])
        #expect(try await version(9).map(\.version) == ["2.0"])
        #expect(try await version(2).first?.wheel.size == Int64(one.bytes.count))
        #expect(try await version(2).first?.wheel.url == "file://\(workshop.root)/links/\(one.filename)")
    }

    @Test func readsAProjectsLock() async throws {
        try workshop.file(
            "project/pyproject.toml",
            """
            [project]
            name = "project"
            version = "1"
            requires-python = ">=3.9"
            dependencies = ["alpha<2", "absent; sys_platform == 'win32' and python_version < '3'"]
            [dependency-groups]
            dev = ["native"]
            [tool.uv]
            no-index = true
            find-links = ["../links"]
            """)
        let directory = workshop.root.appending("project")
        let uv = try await UvTool.find(environment: scrubbedEnvironment, records: workshop.records)
        let environment = UvEnvironment(
            user: scrubbedEnvironment, indexes: PackageIndexes(), cache: workshop.root.appending("uv"), uv: uv.path)
        let locked = try await uv.run(["lock"], environment: environment, directory: directory)
        #expect(locked.succeeded, "\(locked.standardError)")

        let manifest = try #require(try Manifest.discover(in: directory))
        #expect(manifest.kind == .uvLock)
        let lock = try await workshop.resolver().resolve(
            ResolutionRequest(manifests: [manifest], indexes: PackageIndexes(), target: .debian12)
        ).lock
        #expect(lock.packages.map { "\($0.name) \($0.version)" } == ["alpha 1.0", "beta 2.0"])

        let project = try await workshop.resolver().resolve(
            ResolutionRequest(
                manifests: [try Manifest(directory.appending("pyproject.toml"))], indexes: PackageIndexes(),
                target: .debian12)
        ).lock
        #expect(project.packages == lock.packages)
    }

    @Test func severalManifestsHoldTogether() async throws {
        let lock = try await resolve("beta<2\n").lock
        let pins = try workshop.file("pylock.toml", lock.pylockText)
        let more = try workshop.file("more.txt", "--no-index\nalpha\n")
        let both = try await workshop.resolver().resolve(
            ResolutionRequest(
                manifests: [try Manifest(more), try Manifest(pins)], indexes: indexes, target: .debian12)
        ).lock
        #expect(both.packages.map { "\($0.name) \($0.version)" } == ["alpha 1.0", "beta 1.0"])
    }
}
