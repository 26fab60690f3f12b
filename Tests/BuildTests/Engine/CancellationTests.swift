import Content
import Diagnostics
import Foundation
import OCI
import RegistryTesting
import Spec
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// A cancelled build ends within a second, wherever it is, and leaves the cache whole. The bound here is five times that,
/// for a machine that others use.
@Suite struct CancellationTests {
    private static let bound = Duration.seconds(5)

    /// Starts a build, cancels it when `reached` returns, and looks at what is left.
    private func cancel(
        _ site: BuildSite, _ spec: BuildSpec, tags: [Reference] = [], events: EventLog = EventLog(),
        environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation,
        when reached: () async throws -> Void
    ) async throws {
        let engine = try site.engine(events: events, environment: environment)
        let build = Task {
            try await engine.build(spec, tags: tags, outputs: tags.isEmpty ? [] : [.registry])
        }
        try await reached()
        let clock = ContinuousClock()
        let start = clock.now
        build.cancel()
        await #expect(throws: CancellationError.self, sourceLocation: sourceLocation) { try await build.value }
        #expect(clock.now - start < Self.bound, sourceLocation: sourceLocation)
        try site.expectWhole(sourceLocation: sourceLocation)
    }

    @Test func inTheResolution() async throws {
        let site = try await BuildSite()
        // An index that takes a request and never answers: uv waits for it.
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        try await LoopbackServer.run(answering: { _ in
            continuation.yield()
            try await Task.sleep(for: .seconds(600))
            return LoopbackResponse(404)
        }) { server in
            let spec = try site.spec(index: "\(server.origin)/simple/", requirements: "alpha\n")
            try await cancel(site, spec) { for await _ in asked { break } }
        }
    }

    @Test func inADownload() async throws {
        let site = try await BuildSite()
        let index = PackageIndex(wheels: try BuildSite.wheels())
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        try await LoopbackServer.run(answering: { request in
            if request.path.hasSuffix(".whl"), request.header("User-Agent")?.contains("uv") != true {
                continuation.yield()
                try await Task.sleep(for: .seconds(600))
            }
            return index.answer(request)
        }) { server in
            let spec = try site.spec(index: "\(server.origin)/simple/", requirements: "alpha\nhuge\n")
            try await cancel(site, spec) { for await _ in asked { break } }
        }
    }

    /// In the hashing of a large file, and in its compression.
    @Test(arguments: [BuildPhase.context, .layers])
    func inComputing(_ phase: BuildPhase) async throws {
        let site = try await BuildSite()
        // Sparse: it costs no room here, and seconds to hash and to deflate.
        let path = site.context.appending("large.bin")
        try FileSystem.write([], to: path)
        guard truncate(path.string, 2 << 30) == 0 else { throw Errno(rawValue: errno) }
        let log = EventLog()
        let spec = BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: [.files(site.filesStep)])])
        try await cancel(site, spec, events: log) { await log.wait(for: .phaseStarted(phase)) }
        #expect(!log.all.contains { if case .layer = $0 { true } else { false } })
    }

    @Test func inAnUpload() async throws {
        let site = try await BuildSite()
        let (asked, continuation) = AsyncStream.makeStream(of: Void.self)
        try await LoopbackServer.run(answering: { request in
            switch request.method {
            case "HEAD": return LoopbackResponse(404)
            case "POST":
                return LoopbackResponse(202, headers: [("Location", "/v2/team/app/blobs/uploads/1")])
            default:
                continuation.yield()
                try await Task.sleep(for: .seconds(600))
                return LoopbackResponse(201)
            }
        }) { server in
            let tag = try Reference("\(server.host)/team/app:1")
            try await cancel(site, site.spec(), tags: [tag]) { for await _ in asked { break } }
        }
    }

    @Test func beforeItBegins() async throws {
        let site = try await BuildSite()
        try await cancel(site, site.spec()) {}
    }
}
