import Content
import Diagnostics
import OCI
import RegistryTesting
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Python

/// Locks that lie beside manifests: what they decide, and when they do not fit. No network.
@Suite struct LockTests {
    let workshop: Workshop
    let links: FilePath
    let manifest: FilePath
    let lock: FilePath

    init() throws {
        workshop = try Workshop()
        links = try workshop.directory("links")
        manifest = try workshop.file("app/requirements.txt", "--no-index\nalpha\n")
        lock = workshop.root.pushing("app/pylock.toml")
        for wheel in [
            try WheelFixture("alpha", "1.0", requires: ["beta"]), try WheelFixture("beta", "1.0"),
            try WheelFixture("gamma", "1.0"),
        ] { try wheel.write(to: links) }
    }

    private func resolve(
        _ use: LockUse? = nil, manifests: [FilePath]? = nil, target: PythonTarget = .debian12, upgrade: Bool = false
    ) async throws -> Lock {
        try await workshop.resolver().resolve(
            ResolutionRequest(
                manifests: try (manifests ?? [manifest]).map { try Manifest($0) },
                indexes: PackageIndexes(findLinks: [links.string]), target: target, lock: use, upgrade: upgrade)
        ).lock
    }

    private func write(_ locks: Lock...) throws {
        try FileSystem.write(
            Lock.pylockText(of: locks, in: lock.removingLastComponent()).utf8, to: lock)
    }

    private func titles(_ lock: Lock) -> [String] { lock.packages.map { "\($0.name) \($0.version)" } }

    private var required: LockUse { .required(path: lock.string) }
    private var preferred: LockUse { .preferred(path: lock.string) }

    @Test func aLockThatFitsIsInstalled() async throws {
        let first = try await resolve()
        try write(first)
        #expect(try await resolve(required).packages == first.packages)
        // Local wheels are named from the lock, so that both can move.
        let text = String(decoding: try FileSystem.read(lock), as: UTF8.self)
        #expect(text.contains("path = \"../links/alpha-1.0-py3-none-any.whl\""), "\(text)")
    }

    @Test func whatWasReleasedSinceMakesNoDifference() async throws {
        try write(try await resolve())
        try WheelFixture("beta", "2.0").write(to: links)
        try WheelFixture("beta", "1.0", tag: "py2.py3-none-any", files: [("more.py", [])]).write(to: links)
        #expect(titles(try await resolve()) == ["alpha 1.0", "beta 2.0"])
        let kept = try await resolve(required)
        #expect(titles(kept) == ["alpha 1.0", "beta 1.0"])
        #expect(kept.packages.last?.wheel.filename == "beta-1.0-py3-none-any.whl")
        #expect(try await resolve(preferred).packages == kept.packages)
        #expect(titles(try await resolve(preferred, upgrade: true)) == ["alpha 1.0", "beta 2.0"])
    }

    struct Change: CustomTestStringConvertible {
        let testDescription: String
        let requirements: String
        let words: [String]
    }

    @Test(arguments: [
        Change(testDescription: "a further one", requirements: "alpha\ngamma\n", words: ["Add gamma v1.0"]),
        Change(testDescription: "one less", requirements: "beta\n", words: ["Remove alpha v1.0"]),
        Change(
            testDescription: "another version", requirements: "alpha\nbeta>1\n", words: ["Update beta v1.0 -> v2.0"]),
        Change(
            testDescription: "another file",
            requirements: "alpha\nbeta @ file://${LINKS}/other/beta-1.0-py3-none-any.whl\n",
            words: ["Replace the wheel of beta v1.0"]),
    ])
    func aLockThatDoesNotFitIsRefused(_ change: Change) async throws {
        try write(try await resolve())
        try WheelFixture("beta", "2.0").write(to: links)
        try FileSystem.makeDirectory(links.appending("other"))
        try WheelFixture("beta", "1.0", files: [("more.py", [])]).write(to: links.appending("other"))
        try FileSystem.write(
            "--no-index\n\(change.requirements.replacing("${LINKS}", with: links.string))".utf8, to: manifest)
        let error = try await #require(throws: PythonError.self) { try await resolve(required) }
        #expect(error.code == .lockOutdated && error.blame == .request)
        #expect(error.message.hasPrefix("the lock '\(lock)' does not fit"))
        for word in change.words { #expect(error.message.contains("\n" + word), "\(error.message)") }
        #expect(error.hints == ["write it anew by 'cooperage lock'"])
        // What is written instead fits.
        try write(try await resolve(preferred))
        #expect(try await !resolve(required).packages.isEmpty)
    }

    @Test func hashesThatDoNotAllowTheLockedWheelRefuseIt() async throws {
        let wheels = [
            try WheelFixture("beta", "1.0"),
            try WheelFixture("beta", "1.0", tag: "py2.py3-none-any", files: [("more.py", [])]),
        ]
        func resolve(_ text: String, _ wheels: [WheelFixture]) async throws -> Lock {
            try FileSystem.write(text.utf8, to: manifest)
            let index = PackageIndex(wheels: wheels)
            return try await LoopbackServer.run(answering: { index.answer($0) }) { server in
                try await workshop.resolver().resolve(
                    ResolutionRequest(
                        manifests: [try Manifest(manifest)],
                        indexes: PackageIndexes(indexURL: "\(server.origin)/simple"), target: .debian12,
                        lock: FileSystem.exists(lock) ? required : nil)
                ).lock
            }
        }
        try write(try await resolve("beta\n", [wheels[0]]))
        // Another mirror with more wheels is the same to it.
        #expect(try await resolve("beta\n", wheels).packages.map(\.wheel.digest) == [wheels[0].digest])
        let error = try await #require(throws: PythonError.self) {
            try await resolve("beta==1.0 --hash=\(wheels[1].digest)\n", wheels)
        }
        #expect(error.code == .lockOutdated)
        #expect(error.message.contains("Replace the wheel of beta v1.0"), "\(error.message)")
    }

    @Test func aLockThatIsNotThere() async throws {
        let error = try await #require(throws: PythonError.self) { try await resolve(required) }
        #expect(error.code == .lockMissing && error.blame == .request)
        #expect(error.message.contains("'\(lock)'"))
        #expect(titles(try await resolve(preferred)) == ["alpha 1.0", "beta 1.0"])
    }

    @Test func aLockForAnotherPython() async throws {
        try write(try await resolve())
        try WheelFixture("beta", "2.0").write(to: links)
        var target = PythonTarget.debian12
        target.version = PythonVersion(major: 3, minor: 12, patch: 1)
        let error = try await #require(throws: PythonError.self) { try await resolve(required, target: target) }
        #expect(error.code == .invalidLock)
        #expect(error.message.contains("3.11") && error.message.contains("3.12.1"), "\(error.message)")
        // Its versions are still those that people have.
        #expect(titles(try await resolve(preferred, target: target)) == ["alpha 1.0", "beta 1.0"])
    }

    @Test func aLockThatCannotBeReadIsReplacedOnRequestAlone() async throws {
        try FileSystem.write("lock-version = ".utf8, to: lock)
        let error = try await #require(throws: PythonError.self) { try await resolve(preferred) }
        #expect(error.code == .invalidLock)
        #expect(error.hints.contains { $0.contains("--upgrade") })
        #expect(try await resolve(preferred, upgrade: true).packages.count == 2)
    }

    /// One lock for two processors: the same version by two wheels, and a package that only one of them has.
    @Test func oneLockForSeveralPlatforms() async throws {
        for machine in ["x86_64", "aarch64"] {
            try WheelFixture("native", "1.0", tag: "cp311-cp311-manylinux_2_17_\(machine)").write(to: links)
        }
        try FileSystem.write(
            "--no-index\nnative\ngamma; platform_machine == 'aarch64'\n".utf8, to: manifest)
        var arm = PythonTarget.debian12
        arm.platform = Platform(os: "linux", architecture: "arm64")
        let locks = [try await resolve(), try await resolve(target: arm)]
        try write(locks[0], locks[1])
        #expect(try await resolve(required).packages == locks[0].packages)
        #expect(try await resolve(required, target: arm).packages == locks[1].packages)
        #expect(titles(locks[0]) == ["native 1.0"])
        #expect(titles(locks[1]) == ["gamma 1.0", "native 1.0"])
        let text = String(decoding: try FileSystem.read(lock), as: UTF8.self)
        #expect(text.contains("marker = \"platform_machine == 'aarch64'\""), "\(text)")

        var other = locks[0]
        other.target.version = PythonVersion(major: 3, minor: 12, patch: 1)
        #expect(throws: PythonError.self) { try Lock.pylockText(of: [locks[1], other]) }

        // A lock for one of them does not fit the other.
        try write(locks[0])
        await #expect(throws: PythonError.self) { try await resolve(required, target: arm) }
    }

    @Test func aLockAloneHasNothingToFit() async throws {
        let first = try await resolve()
        try write(first)
        #expect(try await resolve(required, manifests: [lock]).packages == first.packages)
    }

    @Test(arguments: [
        (["a/requirements.txt"], "a/pylock.toml"), (["requirements.in"], "pylock.toml"),
        (["a/pyproject.toml", "b/other.txt"], "a/pylock.toml"), (["uv.lock"], "pylock.toml"),
        (["requirements-gpu.txt"], "pylock.requirements-gpu.toml"), (["serving.v2.in"], "pylock.serving-v2.toml"),
        (["uv.lock", "more/extra.txt"], "more/pylock.extra.toml"), (["pylock.a.toml"], "pylock.a.toml"),
    ])
    func whereALockLies(_ manifests: [String], _ expected: String) throws {
        let manifests = try manifests.map { try Manifest(workshop.file("names/\($0)", "")) }
        #expect(Manifest.lockPath(for: manifests) == workshop.root.pushing(FilePath("names/\(expected)")))
    }

    @Test func whatALockChanges() throws {
        func lock(_ wheels: [WheelFixture]) throws -> LockedVersions {
            LockedVersions([
                Lock(
                    target: .debian12,
                    packages: wheels.map { wheel in
                        LockedPackage(
                            name: wheel.name, version: wheel.version,
                            wheel: LockedWheel(
                                filename: wheel.filename, url: "file:///\(wheel.filename)", size: nil,
                                digest: wheel.digest))
                    }, inputs: try Digester.digest(of: []))
            ])
        }
        let old = try lock([
            try WheelFixture("same", "1"), try WheelFixture("old", "1"), try WheelFixture("up", "1"),
            try WheelFixture("file", "1"),
        ])
        let new = try lock([
            try WheelFixture("same", "1"), try WheelFixture("new", "1"), try WheelFixture("up", "2"),
            try WheelFixture("file", "1", files: [("x", [])]),
        ])
        #expect(
            old.changes(to: new).map(\.done) == [
                "Replaced the wheel of file v1", "Added new v1", "Removed old v1", "Updated up v1 -> v2",
            ])
        #expect(old.changes(to: old) == [])
        #expect(LockedVersions().changes(to: old).count == 4)
    }
}
