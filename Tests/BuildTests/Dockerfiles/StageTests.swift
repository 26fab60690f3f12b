import Content
import Diagnostics
import Foundation
import Images
import Layers
import OCI
import RegistryTesting
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Files that are taken from other stages and from images.
@Suite struct StageTests {
    private let site: BuildSite

    init() async throws { site = try await BuildSite() }

    private var base: BaseSource { .layout(path: site.base.string) }

    private func copy(
        _ sources: String..., from origin: FileOrigin? = nil, to destination: String, into: Bool = false
    ) -> FileChange {
        .copy(
            FileCopy(
                from: origin, sources: sources.map { NamedFiles($0, isPattern: $0.contains("*")) },
                destination: destination, isIntoDirectory: into))
    }

    private func stage(_ name: String? = nil, base: BaseSource? = nil, _ changes: FileChange...) -> Stage {
        let instructions = changes.enumerated().map { number, change in
            FileInstruction(title: "L\(number)", place: "Dockerfile:\(number + 1)", changes: [change])
        }
        return Stage(
            name: name, base: base ?? self.base,
            steps: [.changes(ChangesStep(source: site.context.string, instructions: instructions))])
    }

    private func link(_ target: String, at path: String) -> FileChange {
        .link(NewLink(target: target, path: path, replaces: false, isPlaceItself: false))
    }

    /// The files of our own layers: path, mode, owner, and content or target.
    private func files(_ stages: Stage..., cache: String = "cache") async throws -> [String] {
        let result = try await site.engine(cache: cache).build(BuildSpec(stages: stages), tags: [], outputs: [])
        try await result.images.expectSound()
        let image = try #require(result.images.images.first)
        return try await image.ownLines { entry, status, text in
            switch entry.kind {
            case .directory: nil
            case .symbolicLink(let target), .hardLink(let target): "\(entry.path) → \(target)"
            case .file: "\(entry.path) \(status) \(try text().split(separator: "\n").first ?? "")"
            }
        }
    }

    @Test func filesOfAStageAreTaken() async throws {
        #expect(
            try await files(
                stage(
                    "a", copy("", to: "/x"),
                    .mode(ModeAssignment(files: [NamedFiles("/x/run.sh")], mode: "750", isRecursive: false))),
                stage(nil, copy("x/run.sh", "x/latest", from: .stage("a"), to: "/y", into: true)))
                == ["y/run.sh 750 0:0 #!/bin/sh", "y/steps.py 644 0:0 NUMBER = 1"])
    }

    @Test func filesOfAnImageAndOfABaseAreTakenOutOfTheirLayers() async throws {
        let passwd = "etc/passwd 644 0:0 root:x:0:0:root:/root:/bin/sh"
        #expect(
            try await files(stage(nil, copy("etc/passwd", from: .image(base), to: "/p/etc/", into: true)))
                == ["p/\(passwd)"])
        // Through a stage of the same base, and by a link of it.
        #expect(
            try await files(
                stage("a", link("/etc", at: "/e")), stage("b", copy("e", from: .stage("a"), to: "/p/etc")),
                stage(nil, copy("p/*", from: .stage("b"), to: "/q/etc"))) == ["q/\(passwd)"])
        // A second time nothing is read: what was kept is the same.
        let events = EventLog()
        let spec = BuildSpec(stages: [stage(nil, copy("etc/passwd", from: .image(base), to: "/p/etc/", into: true))])
        let result = try await site.engine(events: events).build(spec, tags: [], outputs: [])
        #expect(events.layers(.cached) == ["L0"] && events.layers(.made) == [])
        try await result.images.expectSound()
        try site.expectWhole()
    }

    @Test func whatTheCacheLetGoOfIsReadAgain() async throws {
        let target = stage(nil, copy("etc/passwd", from: .image(base), to: "/p"))
        let before = try await files(target)
        let blobs = site.root.appending("cache").appending("blobs").appending("sha256")
        try FileSystem.removeTree(blobs)
        try FileSystem.makeDirectory(blobs)
        #expect(try await files(target) == before)
    }

    @Test func whatTheImageHasAlreadyIsInNoLayer() async throws {
        #expect(
            try await files(
                stage("a", copy("main.py", to: "/usr/lib/python3.11/main.py")),
                stage(nil, copy("usr/lib", from: .stage("a"), to: "/usr/lib")))
                == ["usr/lib/python3.11/main.py 644 0:0 print('hello')"])
    }

    @Test func whatNobodyTakesIsNotAskedFor() async throws {
        let gone = FileOrigin.image(.layout(path: site.root.appending("none").string))
        let unneeded = copy("uv", "uvx", from: gone, to: "/bin/", into: true)
        #expect(
            try await files(
                stage("unused", base: .layout(path: "/nowhere"), copy("main.py", to: "/x")),
                stage("a", unneeded, copy("main.py", to: "/opt/x.py")),
                stage(nil, copy("opt/x.py", from: .stage("a"), to: "/y.py"))) == ["y.py 644 0:0 print('hello')"])
        // Where a link leads to it, it is.
        await #expect(throws: (any Error).self) {
            try await files(
                stage("a", unneeded, link("/usr/bin", at: "/opt/tools")),
                stage(nil, copy("opt/tools", from: .stage("a"), to: "/y")))
        }
        // So it is where a later line of the stage speaks of it.
        let mode = FileChange.mode(ModeAssignment(files: [NamedFiles("/bin/uv")], mode: "700", isRecursive: false))
        await #expect(throws: (any Error).self) {
            try await files(
                stage("a", unneeded, copy("main.py", to: "/opt/x.py"), mode),
                stage(nil, copy("opt/x.py", from: .stage("a"), to: "/y.py")))
        }
    }

    @Test func whatAStageDoesNotHoldIsToldWithItsLine() async throws {
        func failure(_ stages: Stage...) async throws -> BuildError {
            try await #require(throws: BuildError.self) {
                try await site.engine().plan(BuildSpec(stages: stages))
            }
        }
        let missing = try await failure(
            stage("a", copy("main.py", to: "/x")), stage(nil, copy("z", from: .stage("a"), to: "/y")))
        #expect(missing.message == "L0: the stage 'a' holds no 'z'")
        #expect(missing.context.first?.value == "Dockerfile:1")
        let pattern = try await failure(stage(nil, copy("z*", from: .image(base), to: "/y")))
        #expect(pattern.message == "L0: nothing in the image '\(site.base)' matches 'z*'")
        let later = try await failure(
            stage("a", copy("x", from: .stage("b"), to: "/y")), stage("b", copy("main.py", to: "/x")),
            stage(nil, copy("y", from: .stage("a"), to: "/y")))
        #expect(later.message == "files are taken from the stage 'b', and none is called so")
    }
}

/// Images of nothing but what a Dockerfile brings.
@Suite struct ScratchTests {
    private func spec(_ site: BuildSite, _ steps: [Step], platforms: [Platform] = []) -> BuildSpec {
        BuildSpec(stages: [Stage(base: .scratch, steps: steps)], platforms: platforms)
    }

    @Test func imagesOfFilesAlonePlanAndPush() async throws {
        let site = try await BuildSite()
        let copy = FileCopy(sources: [NamedFiles("main.py")], destination: "/bin/", isIntoDirectory: true)
        let changes = ChangesStep(
            source: site.context.string,
            instructions: [FileInstruction(title: "COPY", place: "Dockerfile:2", changes: [.copy(copy)])])
        let arm = Platform(os: "linux", architecture: "arm64")
        let build = spec(
            site, [.changes(changes), .configuration(ConfigurationStep(command: ["/bin/main.py"]))], platforms: [arm])
        let plan = try #require(try await site.engine().plan(build).first)
        #expect(plan.base.name == "scratch" && plan.base.layers == [] && plan.platform == arm)
        #expect(plan.annotations == [:] && plan.execution.workingDir == "/" && plan.execution.env?.count == 1)
        try await DockerRegistry.run { registry in
            let tag = try Reference("\(registry.host)/team/tool:1")
            let result = try await site.engine().build(build, tags: [tag], outputs: [.registry])
            try await result.images.expectSound()
            let again = try await site.engine().image(.registry(tag), platform: arm)
            #expect(again.manifest.layers.count == 1 && again.configuration.history?.count == 1)
        }
    }

    @Test func anImageMayHaveNoFileAtAll() async throws {
        let site = try await BuildSite()
        let build = spec(site, [.configuration(ConfigurationStep(labels: ["a": "b"]))])
        let layout = site.root.appending("out")
        let result = try await site.engine().build(build, tags: [], outputs: [.layout(layout)])
        try await result.images.expectSound()
        let image = try await site.engine().image(.layout(path: layout.string), platform: nil)
        #expect(image.manifest.layers == [] && image.configuration.platform == .host)
        try await TestRegistry.run { registry in
            _ = try await site.engine().build(build, tags: [registry.reference("a/b:1")], outputs: [.registry])
        }
    }

    @Test func nothingIsInstalledIntoNothing() async throws {
        let site = try await BuildSite()
        let error = await #expect(throws: (any Error).self) {
            try await site.engine().plan(spec(site, [.python(site.pythonStep)]))
        }
        #expect("\(try #require(error))".contains("Python"))
    }
}

/// Files of layers.
@Suite struct LayerMemberTests {
    @Test func theTopmostLayerAndAHardLinksTargetCount() throws {
        func file(_ path: String, _ size: Int64) -> IndexedEntry {
            IndexedEntry(path: path, kind: .file, mode: 0o644, size: size)
        }
        let link = IndexedEntry(path: "c", kind: .hardLink, mode: 0o644, target: "a")
        let members = LayerMembers([
            LayerIndex(entries: [file("a", 1), file("b", 2)]),
            LayerIndex(entries: [file("b", 3), link, IndexedEntry(path: "d", kind: .symbolicLink, mode: 0o777)]),
        ])
        #expect(members["a"] == members["c"] && members["a"]?.layer == 0)
        #expect(members["b"]?.layer == 1 && members["b"]?.size == 3)
        #expect(members["d"] == nil && members["e"] == nil)
    }

    @Test func aPartOfAStreamEndsWhereItEnds() throws {
        let directory = try TemporaryDirectory()
        let reader = SlicedReader(try FileReader(directory.write(Array("abcdef".utf8), to: "x")), offset: 2, size: 3)
        #expect(try reader.bytes(at: 0, count: 3) == Array("cde".utf8))
        #expect(try reader.bytes(at: 2, count: 1) == Array("e".utf8))
        #expect(throws: ContentError.self) { try reader.bytes(at: 1, count: 3) }
    }
}
