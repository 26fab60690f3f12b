import Content
import Diagnostics
import OCI
import RegistryTesting
import Spec
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Python

/// Real uv and real downloads against a package index in this process.
@Suite struct IndexTests {
    let workshop: Workshop
    let store: DirectoryBlobStore
    let wheels: [WheelFixture]

    init() throws {
        workshop = try Workshop()
        store = try DirectoryBlobStore(workshop.root.appending("store"))
        wheels = [try WheelFixture("alpha", "1.0", requires: ["beta"]), try WheelFixture("beta", "2.0")]
    }

    var fetcher: WheelFetcher {
        WheelFetcher(downloader: Downloader(HTTPClient(), retrier: Retrier(policy: .never)), store: store, limit: 2)
    }

    func resolve(
        _ text: String, _ indexes: PackageIndexes, environment: [String: String] = [:], upgrade: Bool = false
    ) async throws -> Resolution {
        let path = try workshop.file("requirements.txt", text)
        return try await workshop.resolver(environment: environment, hasher: fetcher).resolve(
            ResolutionRequest(manifests: [try Manifest(path)], indexes: indexes, target: .debian12, upgrade: upgrade))
    }

    @Test func locksAndFetchesFromAnIndex() async throws {
        let index = PackageIndex(wheels: wheels)
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            let resolution = try await resolve("alpha\n", PackageIndexes(indexURL: "\(server.origin)/simple"))
            #expect(!resolution.isCached)
            #expect(
                resolution.lock.packages
                    == wheels.map { wheel in
                        LockedPackage(
                            name: wheel.name, version: wheel.version,
                            wheel: LockedWheel(
                                filename: wheel.filename, url: "\(server.origin)/files/\(wheel.filename)",
                                size: Int64(wheel.bytes.count), digest: wheel.digest))
                    })
            for package in resolution.lock.packages {
                try await fetcher.fetch(package.wheel, credentials: resolution.credentials)
            }
            for wheel in wheels {
                let blob = try store.blob(wheel.digest)
                #expect(try blob?.readAll() == wheel.bytes)
            }
        }
    }

    @Test func nothingChangedAsksNobody() async throws {
        let index = PackageIndex(wheels: wheels)
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            let indexes = PackageIndexes(indexURL: "\(server.origin)/simple")
            let first = try await resolve("alpha\n", indexes)
            let asked = server.requests.count
            let second = try await resolve("alpha\n", indexes)
            #expect(second.isCached)
            #expect(second.lock == first.lock)
            #expect(server.requests.count == asked)

            // Queries of URLs may hold tokens.
            let kept = workshop.root.appending("records/resolution")
            for name in try FileSystem.names(in: kept) {
                #expect(try FileSystem.status(kept.appending(name))?.mode == 0o600)
            }

            let changed = try await resolve("beta\n", indexes)
            #expect(!changed.isCached)
            #expect(changed.lock.packages.map(\.name) == ["beta"])

            let upgraded = try await resolve("alpha\n", indexes, upgrade: true)
            #expect(!upgraded.isCached)
            #expect(upgraded.lock == first.lock)
        }
    }

    /// What must make a known answer unknown: each changes one input.
    @Test(arguments: ["constraint", "variable", "exclude-newer", "configuration", "python"])
    func eachInputCounts(_ input: String) async throws {
        let links = try workshop.directory("links")
        for wheel in wheels { try wheel.write(to: links) }
        try workshop.file("constraints.txt", "beta<3\n")
        let path = try workshop.file(
            "requirements.txt", "--no-index\n--find-links ${LINKS}\nalpha\n-c constraints.txt\n")
        func isCached(_ variable: FilePath? = nil, _ date: String? = nil, _ patch: Int = 2) async throws -> Bool {
            var target = PythonTarget.debian12
            target.version = PythonVersion(major: 3, minor: 11, patch: patch)
            return try await workshop.resolver(environment: ["LINKS": (variable ?? links).string]).resolve(
                ResolutionRequest(
                    manifests: [try Manifest(path)],
                    indexes: PackageIndexes(excludeNewer: date), target: target)
            ).isCached
        }
        #expect(try await !isCached())
        #expect(try await isCached())
        switch input {
        case "constraint":
            try workshop.file("constraints.txt", "beta<4\n")
            #expect(try await !isCached())
        case "variable":
            _ = try workshop.directory("sub")
            #expect(try await !isCached(workshop.root.appending("sub").appending("..").appending("links")))
        case "exclude-newer": #expect(try await !isCached(nil, "2030-01-01"))
        case "configuration":
            try workshop.file("uv.toml", "prerelease = \"allow\"\n")
            #expect(try await !isCached())
        default: #expect(try await !isCached(nil, nil, 9))
        }
    }

    @Test func aNewWheelInADirectoryCounts() async throws {
        let links = try workshop.directory("links")
        for wheel in wheels { try wheel.write(to: links) }
        let indexes = PackageIndexes(findLinks: [links.string])
        #expect(try await !resolve("--no-index\nalpha\n", indexes).isCached)
        try WheelFixture("beta", "3.0").write(to: links)
        let lock = try await resolve("--no-index\nalpha\n", indexes).lock
        #expect(lock.packages.map(\.version) == ["1.0", "3.0"])
    }

    @Test func findsOutDigestsThatThePageDoesNotTell() async throws {
        let index = PackageIndex(wheels: wheels)
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            let lock = try await resolve(
                "--no-index\nalpha\n", PackageIndexes(findLinks: ["\(server.origin)/links/"])
            ).lock
            #expect(lock.packages.map(\.wheel.digest) == wheels.map(\.digest))
        }
    }

    /// Pages of HTML tell no length, which decides about layers: a server is asked for it, or the wheel is read.
    @Test(arguments: [true, false]) func findsOutLengthsThatThePageDoesNotTell(tellsLengths: Bool) async throws {
        let index = PackageIndex(wheels: wheels, tellsLengths: tellsLengths)
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            let plain = try await resolve("alpha\n", PackageIndexes(indexURL: "\(server.origin)/digests")).lock
            #expect(plain.packages.map(\.wheel.size) == wheels.map { Int64($0.bytes.count) })
            #expect(plain.packages.map(\.wheel.digest) == wheels.map(\.digest))
            #expect(try wheels.allSatisfy { try store.contains($0.digest) } != tellsLengths)
            let full = try await resolve("alpha\n", PackageIndexes(indexURL: "\(server.origin)/simple")).lock
            #expect(plain.packages == full.packages)
        }
    }

    @Test func lengthsOfWheelsInADirectoryAreTheirs() async throws {
        let links = try workshop.directory("links")
        for wheel in wheels { try wheel.write(to: links) }
        let lock = try await resolve("--no-index\nalpha\n", PackageIndexes(findLinks: [links.string])).lock
        #expect(lock.packages.map(\.wheel.size) == wheels.map { Int64($0.bytes.count) })
    }

    /// "planted:s3cret" in base64.
    static let secret = "cGxhbnRlZDpzM2NyZXQ="

    @Test(arguments: ["flag", "file", "variable", "netrc", "named"])
    func credentialsReachTheIndexAndNothingElse(_ way: String) async throws {
        let index = PackageIndex(wheels: wheels, authorization: Self.secret)
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            let url = "http://planted:s3cret@\(server.host)/simple"
            let resolution: Resolution
            switch way {
            case "flag": resolution = try await resolve("alpha\n", PackageIndexes(indexURL: url))
            case "file": resolution = try await resolve("--index-url \(url)\nalpha\n", PackageIndexes())
            case "netrc":
                let netrc = try workshop.file("netrc", "machine 127.0.0.1\n  login planted\n  password s3cret\n")
                resolution = try await resolve(
                    "alpha\n", PackageIndexes(indexURL: "http://\(server.host)/simple"),
                    environment: ["NETRC": netrc.string])
            case "named":
                try workshop.file(
                    "uv.toml", "index = [{ name = \"my-own\", url = \"http://\(server.host)/simple\", default = true }]"
                )
                resolution = try await resolve(
                    "alpha\n", PackageIndexes(),
                    environment: ["UV_INDEX_MY_OWN_USERNAME": "planted", "UV_INDEX_MY_OWN_PASSWORD": "s3cret"])
            default:
                resolution = try await resolve(
                    "--index-url http://${WHO}@\(server.host)/simple\nalpha\n", PackageIndexes(),
                    environment: ["WHO": "planted:s3cret"])
            }
            let text = String(decoding: try CanonicalJSON.encode(resolution.lock), as: UTF8.self)
            #expect(!text.contains("s3cret") && !text.contains("planted"))
            for package in resolution.lock.packages {
                try await fetcher.fetch(package.wheel, credentials: resolution.credentials)
            }
            #expect(try store.contains(wheels[0].digest))

            // Another password is the same question.
            if way == "flag" {
                let other = PackageIndexes(indexURL: "http://planted:other@\(server.host)/simple")
                #expect(try await resolve("alpha\n", other).isCached)
            }
        }
    }

    @Test func aRefusingIndexIsNamedWithoutItsPassword() async throws {
        let index = PackageIndex(wheels: wheels, authorization: Self.secret)
        try await LoopbackServer.run(answering: { index.answer($0) }) { server in
            let url = "http://planted:wr0ng@\(server.host)/simple"
            let error = await #expect(throws: PythonError.self) {
                try await resolve("alpha\n", PackageIndexes(indexURL: url))
            }
            let text = "\(error?.description ?? "") \(error?.hints ?? [])"
            #expect(text.contains(server.host), "\(text)")
            #expect(!text.contains("wr0ng"), "\(text)")
        }
    }

    @Test func aWheelThatIsNotWhatWasLockedIsRefused() async throws {
        let index = PackageIndex(wheels: wheels)
        let other = PackageIndex(wheels: [try WheelFixture("beta", "2.0", requires: ["gamma"])])
        try await LoopbackServer.run(answering: {
            $0.path.hasPrefix("/files/beta") ? other.answer($0) : index.answer($0)
        }) { server in
            let wheel = LockedWheel(
                filename: wheels[1].filename, url: "\(server.origin)/files/\(wheels[1].filename)", size: nil,
                digest: wheels[1].digest)
            let error = await #expect(throws: TransferError.self) {
                try await fetcher.fetch(wheel, credentials: URLCredentials())
            }
            #expect(error?.code == .contentMismatch)
            #expect(error?.hints.contains { $0.contains("--upgrade") } ?? false)
            let isKept = try store.contains(wheels[1].digest)
            #expect(!isKept)
        }
    }

    @Test(.timeLimit(.minutes(10))) func cancellationEndsUvWithinASecond() async throws {
        // An index that never answers keeps uv waiting.
        try await LoopbackServer.run(answering: { _ in
            try await Task.sleep(for: .seconds(60))
            return LoopbackResponse(500, text: "")
        }) { server in
            let task = Task { try await resolve("alpha\n", PackageIndexes(indexURL: "\(server.origin)/simple")) }
            while server.requests.isEmpty, !task.isCancelled { try await Task.sleep(for: .milliseconds(10)) }
            let clock = ContinuousClock()
            let start = clock.now
            task.cancel()
            let result = await task.result
            // The index would stay silent for a minute; the bound is for a loaded machine.
            #expect(clock.now - start < .seconds(15))
            #expect(throws: CancellationError.self) { try result.get() }
        }
    }
}
