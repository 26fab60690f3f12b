import Content
import Diagnostics
import Foundation
import Images
import OCI
import RegistryTesting
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// What goes wrong is told with the value at fault, its place and a hint, and leaves nothing half written.
@Suite struct ErrorTests {
    /// Builds what cannot be built.
    private func failure(
        _ site: BuildSite, _ spec: BuildSpec, outputs: [BuildOutput] = [], cache: String = "cache",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> any Diagnostic {
        var found: (any Diagnostic)?
        do {
            _ = try await site.engine(cache: cache).build(spec, tags: [], outputs: outputs)
        } catch let error as any Diagnostic {
            found = error
        }
        try site.expectWhole(cache: cache, sourceLocation: sourceLocation)
        return try #require(found, sourceLocation: sourceLocation)
    }

    // MARK: What was asked for

    struct Mistake: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let code: String
        /// What the message must hold.
        let words: [String]
        let make: @Sendable (BuildSite) async throws -> BuildSpec
    }

    static let mistakes = [
        Mistake(testDescription: "missing context", code: "invalid_context", words: ["/nowhere", "does not exist"]) {
            site in
            BuildSpec(stages: [
                Stage(
                    base: .layout(path: site.base.string),
                    steps: [.files(FilesStep(source: site.root.appending("nowhere").string, destination: "/app"))])
            ])
        },
        Mistake(testDescription: "bad ignore file", code: "invalid_ignore_pattern", words: ["[z-"]) { site in
            try site.directory.write(Array("*.pyc\n[z-\n".utf8), to: "context/.dockerignore")
            return site.spec()
        },
        Mistake(testDescription: "unknown base", code: "unknown_base", words: ["'pyhton-3.11'"]) { _ in
            BuildSpec(stages: [Stage(base: .catalog("pyhton-3.11"), steps: [])])
        },
        Mistake(testDescription: "no layout", code: "image_not_found", words: ["/links"]) { site in
            BuildSpec(stages: [Stage(base: .layout(path: site.links.string), steps: [])])
        },
        Mistake(testDescription: "no archive", code: "image_not_found", words: ["requirements.txt"]) { site in
            BuildSpec(stages: [Stage(base: .archive(path: site.root.appending("requirements.txt").string), steps: [])])
        },
        Mistake(testDescription: "base without Python", code: "interpreter_not_found", words: ["python3", "/usr/bin"]) {
            site in
            try await BaseFixture.write(to: site.root.appending("bare"), environment: nil)
            return BuildSpec(stages: [
                Stage(base: .layout(path: site.root.appending("bare").string), steps: [.python(site.pythonStep)])
            ])
        },
        Mistake(testDescription: "missing manifest", code: "manifest_not_found", words: ["missing.txt"]) { site in
            let step = PythonStep(manifests: [site.root.appending("missing.txt").string])
            return BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.python(step)])])
        },
        Mistake(testDescription: "relative destination", code: "invalid_spec", words: ["'app'"]) { site in
            BuildSpec(stages: [
                Stage(
                    base: .layout(path: site.base.string),
                    steps: [.files(FilesStep(source: site.context.string, destination: "app"))])
            ])
        },
        Mistake(testDescription: "destination is a file", code: "invalid_spec", words: ["/etc/passwd"]) { site in
            BuildSpec(stages: [
                Stage(
                    base: .layout(path: site.base.string),
                    steps: [.files(FilesStep(source: site.context.string, destination: "/etc/passwd/app"))])
            ])
        },
        Mistake(testDescription: "a directory over a link", code: "invalid_spec", words: ["/lib"]) { site in
            try site.directory.write([], to: "context/lib/x.py")
            return BuildSpec(stages: [
                Stage(
                    base: .layout(path: site.base.string),
                    steps: [.files(FilesStep(source: site.context.string, destination: "/"))])
            ])
        },
        Mistake(testDescription: "no stages", code: "invalid_spec", words: ["0"]) { _ in BuildSpec(stages: []) },
    ]

    @Test(arguments: mistakes)
    func aMistakeIsTold(_ mistake: Mistake) async throws {
        let site = try await BuildSite()
        let error = try await failure(site, mistake.make(site))
        #expect(error.codeName == mistake.code, "\(error)")
        #expect(error.blame == .request, "\(error)")
        for word in mistake.words { #expect("\(error)".contains(word), "\(error)") }
        #expect(mistake.code == "invalid_spec" || !error.hints.isEmpty, "\(error)")
    }

    // MARK: Wheels

    struct BadWheel: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let words: [String]
        let make: @Sendable () throws -> WheelFixture
    }

    static let badWheels = [
        BadWheel(testDescription: "no zip", words: ["bad-1.0"]) {
            try WheelFixture("bad", "1.0").holding(Array("<html>not found</html>".utf8))
        },
        BadWheel(testDescription: "half a zip", words: ["bad-1.0"]) {
            let wheel = try WheelFixture("bad", "1.0", files: [("bad_data.bin", sampleBytes(9000))])
            return try wheel.holding(Array(wheel.bytes.prefix(5000)))
        },
        BadWheel(testDescription: "changed content", words: ["bad-1.0", "CRC"]) {
            let wheel = try WheelFixture("bad", "1.0", files: [("bad_data.bin", sampleBytes(9000))])
            var bytes = wheel.bytes
            bytes[bytes.count / 2] ^= 1
            return try wheel.holding(bytes)
        },
        BadWheel(testDescription: "a path that leaves", words: ["bad-1.0", "../../evil.py"]) {
            try WheelFixture("bad", "1.0", files: [("../../evil.py", [1])])
        },
        BadWheel(testDescription: "an absolute path", words: ["bad-1.0", "/etc/evil"]) {
            try WheelFixture("bad", "1.0", files: [("/etc/evil", [1])])
        },
        BadWheel(testDescription: "two files of one name", words: ["bad-1.0", "twice.py"]) {
            try WheelFixture("bad", "1.0", files: [("twice.py", [1]), ("twice.py", [2])])
        },
    ]

    @Test(arguments: badWheels)
    func aBadWheelIsNamed(_ bad: BadWheel) async throws {
        let site = try await BuildSite()
        try await PackageServer.run(PackageIndex(wheels: [try bad.make()])) { url in
            let error = try await failure(site, site.spec(index: url, requirements: "bad\n"))
            for word in bad.words { #expect("\(error)".contains(word), "\(error)") }
        }
    }

    @Test func anotherWheelThanTheLockSaysIsRefused() async throws {
        let site = try await BuildSite()
        let wheel = try WheelFixture("bad", "1.0")
        let (told, served) = (PackageIndex(wheels: [wheel]), try wheel.holding(wheel.bytes.reversed()))
        try await LoopbackServer.run(answering: { request in
            request.path.hasSuffix(".whl") ? PackageIndex(wheels: [served]).answer(request) : told.answer(request)
        }) { server in
            let error = try await failure(
                site, site.spec(index: "\(server.origin)/simple/", requirements: "bad\n"))
            #expect("\(error)".contains(wheel.digest.description))
            #expect("\(error)".contains(served.digest.description))
            #expect("\(error)".contains("bad-1.0-py3-none-any.whl"))
            #expect(!error.hints.isEmpty)
            #expect(error.blame == .outside)
        }
    }

    @Test func aDownloadThatAlwaysBreaksIsGivenUp() async throws {
        let site = try await BuildSite()
        let index = PackageIndex(wheels: [try WheelFixture("bad", "1.0", files: [("noise.bin", sampleBytes(50_000))])])
        try await LoopbackServer.run(answering: { request in
            var answer = index.answer(request)
            if request.path.hasSuffix(".whl") { answer.cutAfter = 1000 }
            return answer
        }) { server in
            let error = try await failure(
                site, site.spec(index: "\(server.origin)/simple/", requirements: "bad\n"))
            #expect(error.codeName == "interrupted", "\(error)")
            #expect(error.blame == .outside)
            #expect("\(error)".contains("bad-1.0-py3-none-any.whl"))
        }
    }

    // MARK: Places

    @Test func aCacheThatCannotBeMadeIsNamed() async throws {
        let site = try await BuildSite()
        let error = try #require(throws: ContentError.self) { try site.engine(cache: "requirements.txt/cache") }
        #expect(error.message.contains("requirements.txt"))
        #expect(error.hints.contains { $0.contains("COOPERAGE_CACHE_DIR") })
    }

    @Test func anArchiveGoesIntoADirectoryThatIsThere() async throws {
        let site = try await BuildSite()
        let error = try await failure(
            site, site.spec(), outputs: [.dockerArchive(site.root.appending("nowhere/image.tar"))])
        #expect("\(error)".contains("nowhere"))
    }

    @Test func anArchiveHoldsOneImage() async throws {
        let platforms = [try Platform("linux/amd64"), try Platform("linux/arm64")]
        let site = try await BuildSite(platforms: platforms)
        let archive = site.root.appending("image.tar")
        let error = try await failure(site, site.spec(platforms: platforms), outputs: [.dockerArchive(archive)])
        #expect(error.codeName == "invalid_output")
        #expect(!error.hints.isEmpty)
        #expect(!FileSystem.exists(archive))
    }

    private static let mayMount = (try? SmallDevice(size: "64k")) != nil

    @Test(.enabled(if: mayMount, "mounting a tmpfs takes root and CAP_SYS_ADMIN, which this process lacks"))
    func aFullDiskIsNamed() async throws {
        let site = try await BuildSite()
        let device = try SmallDevice(size: "120k")
        try FileSystem.makeDirectory(site.root.appending("full"))
        for name in ["blobs", "ingest"] {
            try FileSystem.makeDirectory(device.path.appending(name))
            try FileManager.default.createSymbolicLink(
                atPath: site.root.appending("full").appending(name).string,
                withDestinationPath: device.path.appending(name).string)
        }
        let error = try await failure(site, site.spec(), cache: "full")
        #expect(error.codeName == "no_space", "\(error)")
        #expect(error.blame == .outside)
        #expect(!error.hints.isEmpty)
    }

    @Test(.enabled(if: mayMount, "mounting a tmpfs takes root and CAP_SYS_ADMIN, which this process lacks"))
    func aCacheThatCannotBeWrittenIsNamed() async throws {
        let site = try await BuildSite()
        let device = try SmallDevice(size: "1m")
        for name in ["blobs/sha256", "ingest", "records"] {
            try FileSystem.makeDirectory(device.path.pushing(FilePath(name)))
        }
        try device.makeReadOnly()
        var configuration = BuildEngine.Configuration(
            cache: try BuildCache(device.path), environment: BuildSite.environment)
        configuration.usesCache = true
        let engine = try BuildEngine(configuration, events: .none)
        let error = try await #require(throws: ContentError.self) {
            try await engine.build(site.spec(), tags: [], outputs: [])
        }
        #expect(error.code == .readOnly, "\(error)")
        #expect(error.message.contains(device.path.string))
        #expect(!error.hints.isEmpty)
    }
}

/// A file system of a few kilobytes, mounted while the value lives.
private final class SmallDevice {
    private let directory: TemporaryDirectory
    var path: FilePath { directory.path.appending("device") }

    init(size: String) throws {
        directory = try TemporaryDirectory()
        try FileSystem.makeDirectory(path)
        try run("mount", ["-t", "tmpfs", "-o", "size=\(size)", "tmpfs", path.string])
    }

    deinit { _ = try? run("umount", ["-l", path.string]) }

    func makeReadOnly() throws { try run("mount", ["-o", "remount,ro", path.string]) }
}
