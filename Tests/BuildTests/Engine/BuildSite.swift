import Content
import Foundation
import Images
import OCI
import Python
import Spec
import Synchronization
import SystemPackage
import TestSupport
import Testing
import Transfer

@testable import Build

/// A directory with all that a build starts from: a base, wheels, a context, and caches. It vanishes with the value.
final class BuildSite: Sendable {
    let directory: TemporaryDirectory

    var root: FilePath { directory.path }
    var base: FilePath { root.appending("base") }
    var links: FilePath { root.appending("links") }
    var context: FilePath { root.appending("context") }

    /// Small wheels of which `alpha` needs `beta`, and one that is large enough for a layer of its own.
    static func wheels() throws -> [WheelFixture] {
        [
            try WheelFixture("alpha", "1.0", requires: ["beta>=1"]), try WheelFixture("beta", "1.0"),
            try WheelFixture("gamma", "1.0", files: [("gamma_data/noise.bin", sampleBytes(5000))]),
            try WheelFixture(
                "huge", "1.0", files: [("huge/__init__.py", []), ("huge/noise.bin", sampleBytes(70_001))]),
        ]
    }

    /// - Parameter platforms: of the base.
    init(
        platforms: [Platform] = [Platform(os: "linux", architecture: "amd64")], wheels: [WheelFixture]? = nil
    ) async throws {
        directory = try TemporaryDirectory()
        try await BaseFixture.write(to: base, platforms: platforms)
        try FileSystem.makeDirectory(links)
        for wheel in try wheels ?? Self.wheels() { try wheel.write(to: links) }
        try directory.write(Array("print('hello')\n".utf8), to: "context/main.py")
        try directory.write(Array("NUMBER = 1\n".utf8), to: "context/pipeline/steps.py")
        try directory.write(Array("#!/bin/sh\n".utf8), to: "context/run.sh")
        guard chmod(context.appending("run.sh").string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        try FileManager.default.createSymbolicLink(
            atPath: context.appending("latest").string, withDestinationPath: "pipeline")
        try requirements("alpha\ngamma\nhuge\n")
    }

    /// Writes the manifest.
    func requirements(_ text: String) throws {
        try FileSystem.write("--no-index\n\(text)".utf8, to: root.appending("requirements.txt"))
    }

    /// Python and code on the base.
    func spec(platforms: [Platform] = [], timestamp: Timestamp = .reproducible) -> BuildSpec {
        BuildSpec(
            stages: [
                Stage(
                    base: .layout(path: base.string),
                    steps: [.python(pythonStep), .files(filesStep), .configuration(settings)])
            ], platforms: platforms, annotations: ["org.example.note": "x"], timestamp: timestamp)
    }

    var pythonStep: PythonStep {
        PythonStep(
            manifests: [root.appending("requirements.txt").string], indexes: PackageIndexes(findLinks: [links.string]))
    }

    var filesStep: FilesStep { FilesStep(source: context.string, destination: "/app") }

    var settings: ConfigurationStep {
        ConfigurationStep(
            environment: [EnvironmentVariable(name: "MODE", value: "test")], entrypoint: ["python", "main.py"],
            workingDirectory: "/app", labels: ["org.example.team": "a"])
    }

    /// An engine on a cache of this site.
    func engine(
        cache: String = "cache", events: EventLog = EventLog(), environment: [String: String] = [:],
        _ adjust: (inout BuildEngine.Configuration) -> Void = { _ in }
    ) throws -> BuildEngine {
        var configuration = BuildEngine.Configuration(
            cache: try BuildCache(root.appending(cache)),
            environment: Self.environment.merging(environment) { $1 })
        // `huge` is the only large one, so that tests need no large files.
        configuration.partition.largeSize = 64 << 10
        configuration.retrier.time = TestTime().source
        adjust(&configuration)
        return try BuildEngine(configuration, events: events.sink)
    }

    /// The process's environment without what would decide a test: settings of uv, pip and credentials of the machine.
    static var environment: [String: String] {
        ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("UV_") && !$0.key.hasPrefix("PIP_") }
            .merging(["DOCKER_CONFIG": "/nonexistent"]) { $1 }
    }

    /// Python on the base from an index instead of a directory.
    func spec(index url: String, requirements text: String) throws -> BuildSpec {
        try FileSystem.write(text.utf8, to: root.appending("requirements.txt"))
        var step = pythonStep
        step.indexes = PackageIndexes(indexURL: url)
        return BuildSpec(stages: [Stage(base: .layout(path: base.string), steps: [.python(step)])])
    }

    /// Expects that a cache is whole: what lies under a digest has that digest, and nothing is half written.
    func expectWhole(cache: String = "cache", sourceLocation: SourceLocation = #_sourceLocation) throws {
        let root = root.appending(cache)
        let blobs = root.appending("blobs").appending("sha256")
        for name in try FileSystem.names(in: blobs) {
            let digester = try Digester()
            try FileReader(blobs.appending(name)).forEachChunk { digester.update($0) }
            #expect(digester.finish().encoded == name, sourceLocation: sourceLocation)
        }
        #expect(try FileSystem.names(in: root.appending("ingest")) == [], sourceLocation: sourceLocation)
        let left = try FileSystem.names(in: root).filter { !["blobs", "ingest", "records", "uv"].contains($0) }
        #expect(left == [], sourceLocation: sourceLocation)
    }
}

/// What an engine told.
final class EventLog: Sendable {
    private let events = Mutex<[BuildEvent]>([])
    private let stream: AsyncStream<BuildEvent>
    private let continuation: AsyncStream<BuildEvent>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: BuildEvent.self) }

    var sink: BuildEvents {
        BuildEvents { event in
            self.events.withLock { $0.append(event) }
            self.continuation.yield(event)
        }
    }

    /// Returns when an event has happened.
    func wait(for event: BuildEvent) async { for await next in stream where next == event { return } }

    var all: [BuildEvent] { events.withLock { $0 } }

    /// The titles of the layers that became of in a way, sorted.
    func layers(_ disposition: LayerOutcome.Disposition) -> [String] {
        all.compactMap { event in
            if case .layer(let outcome) = event, outcome.disposition == disposition { outcome.title } else { nil }
        }.sorted()
    }

    /// The subjects of the downloads, sorted.
    var downloads: [String] {
        all.compactMap { event in
            if case .progress(let progress) = event, progress.activity == .downloading, progress.isFinished {
                progress.subject
            } else {
                nil
            }
        }.sorted()
    }
}

extension ImageSet {
    /// Expects that nothing about the images is wrong.
    func expectSound(sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let problems = try await ImageValidator.problems(of: self)
        #expect(problems == [], sourceLocation: sourceLocation)
    }
}
