import Build
import Content
import Diagnostics
import Foundation
import Images
import OCI
import RegistryTesting
import ServiceTesting
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Service

/// Builds through the service, by the real engine against real registries.
@Suite struct ServiceBuildTests {
    /// What the local engine makes of the same input.
    private static func localDigest(_ files: [String: [UInt8]], executable: Set<String> = ["run.sh"]) async throws
        -> Digest
    {
        let directory = try TemporaryDirectory()
        for (name, bytes) in files {
            let path = try directory.write(bytes, to: "context/\(name)")
            if executable.contains(name) { chmod(path.string, 0o755) }
        }
        let context = directory.path.appending("context")
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("UV_") }
        environment["DOCKER_CONFIG"] = "/nonexistent"
        let engine = try BuildEngine(
            .init(cache: try BuildCache(directory.path.appending("cache")), environment: environment), events: .none)
        let spec = BuildSpec(stages: [
            Stage(
                base: .layout(path: context.appending("base").string),
                steps: [
                    .python(
                        PythonStep(
                            manifests: [context.appending("requirements.txt").string],
                            indexes: PackageIndexes(findLinks: [context.appending("links").string]))),
                    .files(FilesStep(source: context.string, destination: "/app")),
                    .configuration(ConfigurationStep(workingDirectory: "/app")),
                ])
        ])
        return try await engine.build(spec, tags: [], outputs: []).images.root.digest
    }

    @Test func aBuildEndsWithTheDigestOfTheLocalEngine() async throws {
        let site = try await ServiceSite()
        let files = try await site.sample()
        let context = try await site.upload(files, executable: ["run.sh"])
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/app:1")
            var submission = site.submission(context: context, tags: [tag])
            submission.exports = true
            let asked = submission
            let build = try await site.working { try await site.build(asked) }
            #expect(build.state == .succeeded, "\(build.problem.map { "\($0)" } ?? "")")
            let outcome = try #require(build.outcome)
            #expect(outcome.descriptor.digest == (try await Self.localDigest(files)))
            #expect(outcome.references == [tag.pinned(to: outcome.descriptor.digest).description])
            let raw = try await runAside("skopeo", ["inspect", "--raw", "--tls-verify=false", "docker://\(tag)"])
            #expect(try Digester.digest(of: raw) == outcome.descriptor.digest)

            // What it hands out.
            let packages = try await site.service.packages(of: build.id, project: "default")
            #expect(packages.map(\.name) == ["alpha", "beta"])
            let lock = try #require(try await site.service.locks(of: build.id, project: "default").first)
            #expect(lock.platform == "linux/amd64")
            #expect(lock.lock.contains("path = \"links/alpha-1.0-py3-none-any.whl\""))
            let plan = try await site.service.plan(of: build.id, project: nil).open().readAll(limit: 1 << 20)
            #expect(String(decoding: plan, as: UTF8.self).contains("python: alpha 1.0"))
            #expect(!String(decoding: plan, as: UTF8.self).contains(site.root.string))
            let image = try await site.service.image(of: build.id, project: nil).open().readAll(limit: 1 << 24)
            let tar = try site.directory.write(image, to: "image.tar")
            let told = try await runAside("skopeo", ["inspect", "--raw", "oci-archive:\(tar)"])
            #expect(told == raw)
            // Nothing of the attempt is left.
            #expect(try site.directory.files(below: "data/work") == [])
            let events = try await site.events(of: build.id)
            #expect(events.contains { $0.contains("phase_started") && $0.contains("resolve") })
            #expect(events.last == #"{"event":"state","state":"succeeded"}"#)
        }
    }

    @Test func aChangedFileKeepsTheResolution() async throws {
        let site = try await ServiceSite()
        let files = try await site.sample()
        let changed = files.merging(["main.py": Array("print('changed')\n".utf8)]) { $1 }
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/app:1")
            try await site.working {
                let first = try await site.build(site.submission(context: site.upload(files), tags: [tag]))
                #expect(first.state == .succeeded)
                let second = try await site.build(site.submission(context: site.upload(changed), tags: [tag]))
                #expect(second.outcome?.descriptor.digest != first.outcome?.descriptor.digest)
                let made = try await site.events(of: second.id).filter { $0.contains(#""disposition":"made""#) }
                #expect(made.count == 1 && made[0].contains("code: "), "\(made)")
                // One resolution was kept, under a key that knows nothing of where the context lay.
                let records = "data/projects/default/cache/records/resolution"
                #expect(try site.directory.files(below: records).count == 1)
            }
        }
    }

    @Test func aWorkerThatDiedGivesItsBuildBack() async throws {
        let site = try await ServiceSite {
            $0.workers = 1
            $0.lease = .seconds(5)
        }
        let gate = Gate()
        let context = try await site.upload(try await site.sample())
        try await TestRegistry.run { registry in
            try await LoopbackServer.run(answering: { try await gate.forward($0, to: registry) }) { front in
                let tag = try Reference("\(front.host)/team/app:1")
                let id = try await site.service.submit(
                    site.submission(context: context, tags: [tag]), project: "default", by: site.admin
                ).build.id
                gate.close()
                let first = WorkerPool(site.service, name: "first")
                let dying = Task { try await first.run() }
                // It is at the registry, and dies there.
                try await eventually("the first worker pushes") { gate.waiting > 0 }
                dying.cancel()
                _ = await dying.result
                #expect(try await site.service.build(id, project: nil).state == .running)
                gate.open()
                await site.store.advance(by: .seconds(6))
                let build = try await site.working(site.sibling { $0.workers = 1 }) { try await site.end(of: id) }
                #expect(build.state == .succeeded)
                #expect(build.attempts == 2)
                #expect(build.fence == 2)
                #expect(registry.digest(ofTag: "1", in: "team/app") == build.outcome?.descriptor.digest.description)
            }
        }
    }

    @Test func aWorkerWithoutItsLeaseWritesNoTag() async throws {
        let site = try await ServiceSite {
            $0.workers = 1
            // No heartbeat comes to tell it before it asks itself.
            $0.lease = .seconds(3600)
        }
        let context = try await site.upload(try await site.sample())
        try await TestRegistry.run { registry in
            let (armed, stole) = (Flag(), Flag())
            let gate = Gate()
            // When all blobs are there and the tag is to come, somebody else has the build.
            let front: LoopbackServer.Handler = { request in
                if armed.isSet, !stole.isSet, request.method == "HEAD", request.path.contains("/manifests/") {
                    stole.set()
                    await site.store.advance(by: .seconds(4000))
                    _ = try await site.store.claim(worker: "thief", leaseFor: .seconds(3600), attemptLimit: 10)
                }
                return try await gate.forward(request, to: registry)
            }
            try await LoopbackServer.run(answering: front) { front in
                // Once everything is in the cache and the registry, the first question is the one for the manifest.
                let first = try Reference("\(front.host)/team/app:0")
                let warm = try await site.working {
                    try await site.build(site.submission(context: context, tags: [first]))
                }
                #expect(warm.state == .succeeded)
                armed.set()
                let tag = try Reference("\(front.host)/team/app:1")
                let id = try await site.service.submit(
                    site.submission(context: context, tags: [tag]), project: "default", by: site.admin
                ).build.id
                try await site.working {
                    try await eventually("the lease is stolen") { stole.isSet }
                    try await eventually("the worker gave up") {
                        try site.directory.files(below: "data/work") == []
                    }
                }
                #expect(registry.digest(ofTag: "1", in: "team/app") == nil)
                #expect(try await site.service.build(id, project: nil).fence == 2)
                #expect(try await site.service.build(id, project: nil).state == .running)
            }
        }
    }

    @Test func aCancelledBuildEndsWhileItsRegistryHangs() async throws {
        let site = try await ServiceSite()
        let gate = Gate()
        let context = try await site.upload(try await site.sample())
        try await TestRegistry.run { registry in
            try await LoopbackServer.run(answering: { try await gate.forward($0, to: registry) }) { front in
                let tag = try Reference("\(front.host)/team/app:1")
                gate.close()
                try await site.working {
                    let id = try await site.service.submit(
                        site.submission(context: context, tags: [tag]), project: "default", by: site.admin
                    ).build.id
                    try await eventually("it pushes") { gate.waiting > 0 }
                    let start = ContinuousClock.now
                    _ = try await site.service.cancel(id, project: "default", by: site.admin)
                    let build = try await site.end(of: id)
                    // At once; what shares the machine with this test may take some seconds.
                    #expect(ContinuousClock.now - start < .seconds(10))
                    #expect(build.state == .cancelled)
                    let again = try await site.service.cancel(id, project: "default", by: site.admin)
                    #expect(again.state == .cancelled)
                }
                gate.open()
                #expect(registry.digest(ofTag: "1", in: "team/app") == nil)
            }
        }
    }

    @Test func aRegistryThatIsGoneForAWhileIsWaitedFor() async throws {
        let site = try await ServiceSite()
        let context = try await site.upload(try await site.sample())
        let gate = Gate()
        try await TestRegistry.run { registry in
            try await LoopbackServer.run(answering: { try await gate.forward($0, to: registry) }) { front in
                let tag = try Reference("\(front.host)/team/app:1")
                gate.refuse(with: LoopbackResponse(503, text: "down"))
                try await site.working {
                    let id = try await site.service.submit(
                        site.submission(context: context, tags: [tag]), project: "default", by: site.admin
                    ).build.id
                    try await eventually("an attempt failed") {
                        let build = try await site.service.build(id, project: nil)
                        return build.state == .queued && build.attempts == 1
                    }
                    gate.open()
                    let build = try await site.end(of: id)
                    #expect(build.state == .succeeded)
                    #expect(build.attempts >= 2)
                }
            }
        }
    }

    @Test func whatIsWrongIsToldAndNotTriedAgain() async throws {
        let site = try await ServiceSite()
        let context = try await site.upload(try await site.sample(requirements: "--no-index\nabsent\n"))
        let submission = site.submission(context: context)
        let build = try await site.working { try await site.build(submission) }
        #expect(build.state == .failed)
        #expect(build.attempts == 1)
        let problem = try #require(build.problem)
        #expect(problem.code == "unresolvable")
        #expect(problem.isRequestsFault)
        #expect(problem.message.contains("absent"))
        #expect(!problem.message.contains(site.root.string), "\(problem.message)")
    }

    @Test func equalBuildsShareTheWork() async throws {
        let site = try await ServiceSite()
        let context = try await site.upload(try await site.sample())
        try await TestRegistry.run { registry in
            let ids = try await site.working {
                var ids: [String] = []
                for number in 1...2 {
                    let tag = try registry.reference("team/app:\(number)")
                    ids.append(
                        try await site.service.submit(
                            site.submission(context: context, tags: [tag]), project: "default", by: site.admin
                        ).build.id)
                }
                for id in ids { #expect(try await site.end(of: id).state == .succeeded) }
                return ids
            }
            let made = try await site.events(of: ids[0]).count { $0.contains(#""disposition":"made""#) }
            #expect(made > 0)
            #expect(try await site.events(of: ids[1]).count { $0.contains(#""disposition":"made""#) } == 0)
            let digests = [1, 2].map { registry.digest(ofTag: "\($0)", in: "team/app") }
            #expect(digests[0] != nil && digests[0] == digests[1])
        }
    }

    @Test func aStoppingProcessHandsItsBuildsBack() async throws {
        let site = try await ServiceSite { $0.drain = .milliseconds(100) }
        let gate = Gate()
        let context = try await site.upload(try await site.sample())
        try await TestRegistry.run { registry in
            try await LoopbackServer.run(answering: { try await gate.forward($0, to: registry) }) { front in
                let tag = try Reference("\(front.host)/team/app:1")
                gate.close()
                let id = try await site.service.submit(
                    site.submission(context: context, tags: [tag]), project: "default", by: site.admin
                ).build.id
                try await stopping(WorkerPool(site.service)) {
                    try await eventually("it pushes") { gate.waiting > 0 }
                }
                let build = try await site.service.build(id, project: nil)
                #expect(build.state == .queued)
                #expect(build.attempts == 0)
                gate.open()
                #expect(try await site.working { try await site.end(of: id) }.state == .succeeded)
            }
        }
    }

    @Test func aBuildThatTakesTooLongFails() async throws {
        let site = try await ServiceSite()
        let gate = Gate()
        try await site.service.setProject(
            Project(name: "default", policy: ProjectPolicy(timeoutSeconds: 2)), by: site.admin)
        let context = try await site.upload(try await site.sample())
        try await TestRegistry.run { registry in
            try await LoopbackServer.run(answering: { try await gate.forward($0, to: registry) }) { front in
                gate.close()
                let tag = try Reference("\(front.host)/team/app:1")
                let build = try await site.working {
                    try await site.build(site.submission(context: context, tags: [tag]))
                }
                #expect(build.state == .failed)
                #expect(build.problem?.code == "timed_out")
                gate.open()
            }
        }
    }
}
