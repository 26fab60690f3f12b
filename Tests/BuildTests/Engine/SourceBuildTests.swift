import Content
import Diagnostics
import Foundation
import Images
import OCI
import Python
import RegistryTesting
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// What has no wheel is built by real uv, with a backend of the test's own: no network.
@Suite struct SourceBuildTests {
    private static let project = SourceFixture("local-pkg", "1.2", requires: ["beta"])

    private func log(_ site: BuildSite) -> FilePath { site.root.appending("built.log") }

    private func builds(_ site: BuildSite) throws -> [String] {
        guard FileSystem.exists(log(site)) else { return [] }
        return String(decoding: try FileSystem.read(log(site)), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func spec(_ site: BuildSite, allows: Bool = true, lockFile: Bool = false) -> BuildSpec {
        var step = site.pythonStep
        step.allowsSourceBuilds = allows
        if lockFile { step.lockFile = site.root.appending("pylock.toml").string }
        return BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(step)])])
    }

    private func lockText(_ site: BuildSite) throws -> String {
        String(decoding: try FileSystem.read(site.root.appending("pylock.toml")), as: UTF8.self)
    }

    /// The kinds of sources, each as a requirement and as the lock names it. Of a `wanted` one there is a wheel, too.
    enum Kind: CaseIterable {
        case directory, editable, sdist, wanted, archive, git
    }

    /// Writes the sources.
    /// - Returns: the requirement, and words of the lock.
    private func prepare(_ kind: Kind, _ site: BuildSite) throws -> (requirement: String, words: [String]) {
        let directory = site.root.appending("pkg")
        switch kind {
        case .directory, .editable:
            try Self.project.write(to: directory, log: log(site))
            return kind == .directory
                ? ("\(directory)\n", ["directory = { path = \"pkg\" }"])
                : ("-e \(directory)\n", ["directory = { path = \"pkg\", editable = true }"])
        case .sdist:
            try Self.project.writeDistribution(to: site.links, log: log(site))
            return ("local-pkg\n", ["[packages.sdist]\nname = \"local_pkg-1.2.tar.gz\"", "sha256"])
        case .wanted:
            try Self.project.writeDistribution(to: site.links, log: log(site))
            try WheelFixture("local-pkg", "1.2", requires: ["beta"]).write(to: site.links)
            return (
                "--no-binary local-pkg\nlocal-pkg\n", ["[packages.sdist]\nname = \"local_pkg-1.2.tar.gz\"", "sha256"]
            )
        case .archive:
            let file = try Self.project.writeDistribution(to: site.root.appending("files"), log: log(site))
            return ("local-pkg @ file://\(file)\n", ["[packages.archive]", "files/local_pkg-1.2.tar.gz", "sha256"])
        case .git:
            let commit = try Self.project.writeRepository(to: directory, log: log(site))
            return (
                "local-pkg @ git+file://\(directory)@main\n",
                ["vcs = { type = \"git\", url = \"file://", "requested-revision = \"main\", commit-id = \"\(commit)\""]
            )
        }
    }

    @Test(arguments: Kind.allCases)
    func sourcesAreBuiltOnceAndInstalled(_ kind: Kind) async throws {
        let site = try await BuildSite()
        let (requirement, words) = try prepare(kind, site)
        try site.requirements(requirement)
        let events = EventLog()
        let first = try await site.engine(events: events).build(spec(site, lockFile: true), tags: [], outputs: [])
        try await first.images.expectSound()
        let made = events.layers(.made).joined(separator: ", ")
        #expect(made.contains("local-pkg 1.2") && made.contains("beta 1.0"))
        #expect(try builds(site).count == 1)
        let isWarned = events.all.contains {
            if case .warning(let text) = $0 { text.contains("editable") } else { false }
        }
        #expect(isWarned == (kind == .editable))

        let text = try lockText(site)
        for word in words { #expect(text.contains(word), "\(text)") }
        #expect(!text.contains(".whl\"\nurl = \"\""))
        #expect(!text.contains("/cache/"))

        // Not again in this cache, nor with another resolution there, and the same anew elsewhere.
        let second = try await site.engine().build(spec(site), tags: [], outputs: [])
        #expect(second.images.root.digest == first.images.root.digest)
        try site.requirements("\(requirement)gamma\n")
        _ = try await site.engine().build(spec(site), tags: [], outputs: [])
        #expect(try builds(site).count == 1)
        try site.requirements(requirement)
        let elsewhere = try await site.engine(cache: "other").build(spec(site), tags: [], outputs: [])
        #expect(elsewhere.images.root.digest == first.images.root.digest)
        #expect(try builds(site).count == 2)
        try site.expectWhole()

        // The lock is a manifest.
        var step = PythonStep(manifests: [site.root.appending("pylock.toml").string], allowsSourceBuilds: true)
        step.indexes = PackageIndexes()
        let read = BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(step)])])
        let third = try await site.engine(environment: ["UV_OFFLINE": "1"]).build(read, tags: [], outputs: [])
        #expect(third.images.root.digest == first.images.root.digest)
    }

    @Test(arguments: Kind.allCases)
    func nothingIsBuiltUnlessAllowed(_ kind: Kind) async throws {
        let site = try await BuildSite()
        let (requirement, _) = try prepare(kind, site)
        try site.requirements(requirement)
        let error = await #expect(throws: PythonError.self) {
            try await site.engine().build(spec(site, allows: false), tags: [], outputs: [])
        }
        #expect(error?.code == .needsBuild || error?.code == .unresolvable)
        #expect(error?.description.contains("local-pkg") == true)
        #expect(error?.hints.contains { $0.contains("--allow-source-builds") } == true, "\(error?.hints ?? [])")
        #expect(try builds(site).isEmpty)
    }

    /// uv sees what both ask for.
    @Test(arguments: Kind.allCases)
    func aLockOfSourcesAndAnotherManifestHoldTogether(_ kind: Kind) async throws {
        let site = try await BuildSite()
        let (requirement, words) = try prepare(kind, site)
        try site.requirements(requirement)
        _ = try await site.engine().build(spec(site, lockFile: true), tags: [], outputs: [])
        let lock = site.root.appending("pylock.first.toml")
        try FileSystem.write(try lockText(site).utf8, to: lock)
        try site.requirements("gamma\n")
        var step = site.pythonStep
        step.manifests.append(lock.string)
        step.lockFile = site.root.appending("pylock.toml").string
        step.allowsSourceBuilds = true
        let both = BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(step)])])
        _ = try await site.engine().build(both, tags: [], outputs: [])
        let text = try lockText(site)
        for word in words + ["name = \"gamma\"", "name = \"beta\""] { #expect(text.contains(word), "\(text)") }
        #expect(try builds(site).count == 1)
    }

    @Test func aWheelThatFitsIsPreferred() async throws {
        let site = try await BuildSite()
        try SourceFixture("beta", "1.0").writeDistribution(to: site.links, log: log(site))
        try site.requirements("beta\n")
        _ = try await site.engine().build(spec(site), tags: [], outputs: [])
        #expect(try builds(site).isEmpty)
    }

    @Test func aChangedDirectoryIsBuiltAgain() async throws {
        let site = try await BuildSite()
        let (requirement, _) = try prepare(.directory, site)
        try site.requirements(requirement)
        let first = try await site.engine().build(spec(site), tags: [], outputs: [])
        try site.directory.write(Array("VERSION = 'changed'\n".utf8), to: "pkg/local_pkg.py")
        let second = try await site.engine().build(spec(site), tags: [], outputs: [])
        #expect(second.images.root.digest != first.images.root.digest)
        #expect(try builds(site).count == 2)
    }

    @Test func theBuildSeesNothingOfTheUsersEnvironment() async throws {
        let site = try await BuildSite()
        let (requirement, _) = try prepare(.directory, site)
        try site.requirements(requirement)
        _ = try await site.engine(environment: ["AWS_SECRET_ACCESS_KEY": "x", "UV_HTTP_TIMEOUT": "7"]).build(
            spec(site), tags: [], outputs: [])
        let seen = try #require(try builds(site).first)
        #expect(!seen.contains("AWS_SECRET_ACCESS_KEY"))
        for name in ["SOURCE_DATE_EPOCH", "TMPDIR", "HOME", "UV_HTTP_TIMEOUT"] {
            #expect(seen.contains(name), "\(seen)")
        }
    }

    @Test func aFailureIsToldInTheBackendsWords() async throws {
        let site = try await BuildSite()
        try SourceFixture("broken", "1", prelude: "raise RuntimeError('no such compiler: fortran')").write(
            to: site.root.appending("pkg"), log: log(site))
        try site.requirements("\(site.root)/pkg\n")
        let error = await #expect(throws: PythonError.self) {
            try await site.engine().build(spec(site), tags: [], outputs: [])
        }
        #expect(error?.code == .buildFailed && error?.blame == .request)
        #expect(error?.description.contains("no such compiler: fortran") == true)
        try site.expectWhole()
    }

    /// What a build requires comes from where the requirements file says, and from nowhere else.
    @Test func theIndexesOfTheRequirementsHoldForTheBuild() async throws {
        let site = try await BuildSite()
        let links = site.root.appending("others")
        try FileSystem.makeDirectory(links)
        try WheelFixture("maker", "1.0").write(to: links)
        func fixture(_ required: String) -> SourceFixture {
            SourceFixture("local-pkg", "1.2", buildRequires: [required], prelude: "import maker")
        }
        try fixture("maker").write(to: site.root.appending("pkg"), log: log(site))
        try site.requirements("--find-links others\n./pkg\n")
        _ = try await site.engine().build(spec(site), tags: [], outputs: [])
        #expect(try builds(site).count == 1)
        // PyPI has one of this name.
        try fixture("hatchling").write(to: site.root.appending("pkg"), log: log(site))
        let error = await #expect(throws: PythonError.self) {
            try await site.engine().build(spec(site), tags: [], outputs: [])
        }
        #expect(error?.description.contains("hatchling was not found in the provided package locations") == true)
    }

    @Test func aForeignWheelIsRefused() async throws {
        let site = try await BuildSite()
        try SourceFixture("native", "1", tag: "cp311-cp311-linux_riscv64").write(
            to: site.root.appending("pkg"), log: log(site))
        try site.requirements("\(site.root)/pkg\n")
        let error = await #expect(throws: PythonError.self) {
            try await site.engine().build(spec(site), tags: [], outputs: [])
        }
        #expect(error?.code == .noMatchingWheel)
        #expect(error?.description.contains("native-1-cp311-cp311-linux_riscv64.whl") == true)
    }

    @Test func pureOnesAreBuiltForAForeignPlatform() async throws {
        let site = try await BuildSite(platforms: [Platform(os: "linux", architecture: "arm64", variant: "v8")])
        let (requirement, _) = try prepare(.directory, site)
        try site.requirements(requirement)
        let events = EventLog()
        _ = try await site.engine(events: events).build(spec(site), tags: [], outputs: [])
        #expect(events.layers(.made).contains { $0.contains("local-pkg 1.2") })
    }

    @Test func cancellationEndsTheBackend() async throws {
        let site = try await BuildSite()
        let pids = site.root.appending("pid")
        try SourceFixture(
            "slow", "1", prelude: "import time\nopen('\(pids)', 'w').write(str(os.getpid()))\ntime.sleep(600)"
        ).write(to: site.root.appending("pkg"), log: log(site))
        try site.requirements("\(site.root)/pkg\n")
        let engine = try site.engine()
        let spec = spec(site)
        let build = Task { try await engine.build(spec, tags: [], outputs: []) }
        let pid = try await processID(in: pids)
        let start = ContinuousClock.now
        build.cancel()
        await #expect(throws: CancellationError.self) { try await build.value }
        #expect(ContinuousClock.now - start < .seconds(5))
        try await expectEnd(of: pid)
        try site.expectWhole()
    }

    /// A password in a repository's URL gets to git, and nowhere else.
    @Test func thePasswordOfARepositoryStaysSecret() async throws {
        let site = try await BuildSite()
        let secret = "planted-\(UInt64.random(in: 0 ... .max))"
        let repository = site.root.appending("pkg")
        try Self.project.writeRepository(to: repository, log: log(site))
        try run("git", ["-C", repository.string, "update-server-info"])
        let files = repository.appending(".git")
        let login = "Basic \(Data("user:\(secret)".utf8).base64EncodedString())"
        let events = EventLog()
        try await LoopbackServer.run(answering: { request in
            guard request.header("Authorization") == login else {
                return LoopbackResponse(401, headers: [("WWW-Authenticate", "Basic realm=\"test\"")], text: "no")
            }
            let path = files.pushing(FilePath(String(request.path.drop { $0 == "/" })))
            guard try FileSystem.status(path)?.kind == .file else { return LoopbackResponse(404) }
            return LoopbackResponse(200, body: try FileSystem.read(path))
        }) { server in
            try site.requirements("local-pkg @ git+http://user:\(secret)@\(server.host)/@main\n")
            _ = try await site.engine(events: events).build(spec(site, lockFile: true), tags: [], outputs: [])
            #expect(try lockText(site).contains("url = \"http://\(server.host)/\""))
            #expect(try builds(site).count == 1)
            // Of a commit that is gone git tells, and of a host that refuses us uv.
            try site.requirements("local-pkg @ git+http://user:\(secret)x@\(server.host)/@main\n")
            let error = await #expect(throws: PythonError.self) {
                try await site.engine(cache: "other", events: events).build(spec(site), tags: [], outputs: [])
            }
            #expect(error.map { "\($0) \($0.hints)" }?.contains(secret) == false)
        }
        #expect(!"\(events.all)".contains(secret))
        for name in try site.directory.files() where !["requirements.txt"].contains(name) {
            let path = site.root.pushing(FilePath(name))
            guard try FileSystem.status(path, followingLinks: false)?.kind == .file else { continue }
            let bytes = try FileSystem.read(path)
            #expect(Data(bytes).range(of: Data(secret.utf8)) == nil, "\(name)")
        }
    }
}
