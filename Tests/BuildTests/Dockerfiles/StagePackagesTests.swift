import Content
import Diagnostics
import Foundation
import Images
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Build

/// Packages that another stage installs, and that a copy takes whole.
@Suite struct StagePackagesTests {
    private let site: BuildSite
    private static let packages = "opt/venv/lib/python3.11/site-packages"

    init() async throws {
        site = try await BuildSite()
        try site.requirements("alpha\n")
    }

    private func python(_ place: PythonPlace? = nil) -> Step {
        var step = site.pythonStep
        step.place = place
        return .python(step)
    }

    private func copy(
        _ path: String, to destination: String? = nil, excluded: [String] = [], owner: String? = nil
    ) -> FileCopy {
        FileCopy(
            from: .stage("builder"), sources: [NamedFiles(path, isPattern: path.contains("*"))],
            destination: destination ?? "/" + path, excluded: excluded, owner: owner.map { FileOwner($0) })
    }

    private func changes(_ copies: FileCopy...) -> Step {
        let instructions = copies.enumerated().map { number, copy in
            FileInstruction(title: "COPY", place: "Dockerfile:\(number + 3)", changes: [.copy(copy)])
        }
        return .changes(ChangesStep(source: site.context.string, instructions: instructions))
    }

    private func spec(
        builder: [Step], base: BaseSource? = nil, target: Step..., on other: BaseSource? = nil
    ) -> BuildSpec {
        let usual = BaseSource.layout(path: site.base.string)
        return BuildSpec(stages: [
            Stage(name: "builder", base: base ?? usual, steps: builder), Stage(base: other ?? usual, steps: target),
        ])
    }

    private func image(_ spec: BuildSpec) async throws -> Image {
        let result = try await site.engine().build(spec, tags: [], outputs: [])
        try await result.images.expectSound()
        return try #require(result.images.images.first)
    }

    private static let virtual = PythonPlace.virtual(VirtualEnvironment(path: "/srv/v", program: "python3"))

    @Test(
        arguments: [
            (nil, [packages]), (nil, [packages, "opt/venv/bin"]), (nil, ["opt/venv"]), (virtual, ["srv/v"]),
            (virtual, ["srv"]),
        ] as [(PythonPlace?, [String])])
    func theImageIsTheOneThatInstallsThemItself(_ place: PythonPlace?, _ paths: [String]) async throws {
        let own = try await image(
            BuildSpec(stages: [
                Stage(base: .layout(path: site.base.string), steps: [python(place)])
            ]))
        var step = ChangesStep(source: site.context.string, instructions: [])
        for path in paths {
            step.instructions.append(
                FileInstruction(title: "COPY", place: "Dockerfile:3", changes: [.copy(copy(path))]))
        }
        let taken = try await image(spec(builder: [python(place)], target: .changes(step)))
        #expect(taken.manifest.layers == own.manifest.layers)
        #expect(taken.descriptor.digest == own.descriptor.digest)
    }

    @Test func filesBesideAnEnvironmentAreCopied() async throws {
        let virtual = PythonPlace.virtual(VirtualEnvironment(path: "/srv/.venv", maker: .uv, program: "python3"))
        let code = FileCopy(sources: [NamedFiles("main.py")], destination: "/srv/", isIntoDirectory: true)
        let found = try await image(
            spec(
                builder: [python(virtual), changes(code)], target: changes(copy("srv", owner: "7:8"))))
        var owners: [String: String] = [:]
        for layer in found.manifest.layers.dropFirst(2) {
            let blob = try await found.layer(layer)
            for entry in try LayerIndexer.index(blob.open(), mediaType: layer.mediaType).entries {
                owners[entry.path] = "\(entry.uid):\(entry.gid)"
            }
        }
        #expect(owners["srv/main.py"] == "7:8")
        let packages = "lib/python3.11/site-packages/alpha-1.0.dist-info"
        for path in ["bin/python", "pyvenv.cfg", "lib", packages, "\(packages)/METADATA", "\(packages)/RECORD"] {
            #expect(owners["srv/.venv/\(path)"] == "7:8", "\(path)")
        }
        // The base's own directory stays the base's.
        #expect(owners["srv"] == nil || owners["srv"] == "0:0")
    }

    private func owner(_ path: String, _ owner: String, recursive: Bool = true) -> FileInstruction {
        FileInstruction(
            title: "RUN chown", place: "Dockerfile:3",
            changes: [
                .owner(
                    OwnerAssignment(
                        files: [NamedFiles(path)], owner: FileOwner(owner), isRecursive: recursive, changesLinks: false)
                )
            ])
    }

    /// Given away where they are installed, or where they are taken to, they are the layers of who takes them for that owner.
    @Test func anEnvironmentThatIsGivenAwayIsMadeForItsOwner() async throws {
        let wanted = try await image(
            spec(builder: [python(Self.virtual)], target: changes(copy("srv/v", owner: "7:8"))))
        #expect(
            wanted.manifest.layers
                != (try await image(
                    spec(builder: [python(Self.virtual)], target: changes(copy("srv/v"))))).manifest.layers)
        func step(_ instructions: FileInstruction...) -> Step {
            .changes(ChangesStep(source: site.context.string, instructions: instructions))
        }
        let take = FileInstruction(title: "COPY", place: "Dockerfile:3", changes: [.copy(copy("srv/v"))])
        let ways = [
            spec(builder: [python(Self.virtual), step(owner("/srv/v", "7:8"))], target: changes(copy("srv/v"))),
            spec(builder: [python(Self.virtual)], target: step(take, owner("/srv/v", "7:8"))),
            // The user first, the group later.
            spec(builder: [python(Self.virtual)], target: step(take, owner("/srv/v", "7"), owner("/srv/v", ":8"))),
        ]
        for way in ways {
            let found = try await image(way)
            #expect(found.manifest.layers == wanted.manifest.layers)
        }
        // With what is beside it, and by its own stage.
        let own = try await image(
            BuildSpec(stages: [
                Stage(
                    base: .layout(path: site.base.string),
                    steps: [python(Self.virtual), step(owner("/srv/v", "7:8"))])
            ]))
        #expect(own.manifest.layers == wanted.manifest.layers)
    }

    @Test(arguments: [
        ("/srv/v/bin", true), ("/srv/v", false), ("/opt/venv/lib/python3.11", true),
    ])
    func aPartIsNotGivenAway(_ path: String, _ isRecursive: Bool) async throws {
        let both = [python(Self.virtual), python()]
        let change = Step.changes(
            ChangesStep(
                source: site.context.string, instructions: [owner(path, "7:8", recursive: isRecursive)]))
        let error = try await #require(throws: BuildError.self) {
            try await site.engine().plan(
                BuildSpec(stages: [Stage(base: .layout(path: site.base.string), steps: both + [change])]))
        }
        #expect(error.message.contains("holds Python packages"), "\(error)")
    }

    @Test(arguments: [("a+rX", true), ("755", false), ("u=rwX,go=rX", true), ("a+rw", false)])
    func modesThatAreSoAlreadyAreNoChange(_ mode: String, _ isFine: Bool) async throws {
        let change = FileInstruction(
            title: "RUN chmod", place: "Dockerfile:3",
            changes: [.mode(ModeAssignment(files: [NamedFiles("/srv/v")], mode: mode, isRecursive: true))])
        let spec = BuildSpec(stages: [
            Stage(
                base: .layout(path: site.base.string),
                steps: [
                    python(Self.virtual),
                    .changes(ChangesStep(source: site.context.string, instructions: [change])),
                ])
        ])
        if isFine {
            _ = try await image(spec)
        } else {
            await #expect(throws: BuildError.self) { try await site.engine().plan(spec) }
        }
    }

    @Test func theyAreTakenOnAndOn() async throws {
        let own = try await image(
            BuildSpec(stages: [
                Stage(base: .layout(path: site.base.string), steps: [python(Self.virtual)])
            ]))
        let base = BaseSource.layout(path: site.base.string)
        var second = copy("srv")
        second.origin = .stage("second")
        let found = try await image(
            BuildSpec(stages: [
                Stage(name: "builder", base: base, steps: [python(Self.virtual)]),
                Stage(name: "second", base: base, steps: [changes(copy("srv/v"))]),
                Stage(base: base, steps: [changes(second)]),
            ]))
        #expect(found.manifest.layers == own.manifest.layers)
    }

    @Test func whatNobodyTakesIsNotResolved() async throws {
        var step = site.pythonStep
        step.manifests = [site.root.appending("gone.txt").string]
        let code = FileCopy(sources: [NamedFiles("main.py")], destination: "/x.py")
        let found = try await image(
            spec(builder: [.python(step), changes(code)], target: changes(copy("x.py"))))
        #expect(found.manifest.layers.count == 3)
    }

    private func message(_ spec: BuildSpec) async throws -> String {
        let error = try await #require(throws: BuildError.self) { try await site.engine().plan(spec) }
        #expect(error.context.first?.value == "Dockerfile:3")
        return error.message
    }

    @Test(
        arguments: [
            (
                "opt/venv/lib/python3.11/site-packages/alpha", nil, [],
                "'opt/venv/lib/python3.11/site-packages/alpha' is a part of the packages that the stage 'builder' installs in '/\(packages)'"
            ),
            (
                "opt/venv/lib/*", nil, [],
                "'opt/venv/lib/*' is a part of the packages that the stage 'builder' installs in '/\(packages)'"
            ),
            (
                packages, "/srv/x", [],
                "the packages of the stage 'builder' in '/\(packages)' would come to another place, and they are made for this one"
            ),
            (packages, nil, ["*.md"], "the packages of the stage 'builder' stay as their wheels have them"),
            (
                "opt/venv/bin", nil, [],
                "'opt/venv/bin' holds commands of the packages that the stage 'builder' installs"
            ),
            (
                "opt/venv/bin/alpha", "/usr/bin/alpha", [],
                "'opt/venv/bin/alpha' holds commands of the packages that the stage 'builder' installs"
            ),
        ] as [(String, String?, [String], String)])
    func refuses(_ path: String, _ destination: String?, _ excluded: [String], _ why: String) async throws {
        let found = try await message(
            spec(builder: [python()], target: changes(copy(path, to: destination, excluded: excluded))))
        #expect(found == "COPY: \(why)")
    }

    @Test func anotherPythonIsRefused() async throws {
        let bare = site.root.appending("bare")
        try await BaseFixture.write(to: bare, environment: nil)
        let none = try await message(
            spec(builder: [python()], target: changes(copy("opt/venv")), on: .layout(path: bare.string)))
        #expect(none.hasPrefix("COPY: the packages of the stage 'builder' cannot be taken: this stage has no Python"))
        let elsewhere = site.root.appending("elsewhere")
        try await BaseFixture.write(to: elsewhere, environment: "/opt/other")
        let moved = try await message(
            spec(builder: [python()], target: changes(copy("opt/venv")), on: .layout(path: elsewhere.string)))
        #expect(moved.contains("is at '/opt/other/"))
        let twice = try await message(spec(builder: [python()], target: python(), changes(copy("opt/venv"))))
        #expect(twice.contains("has packages, and other lines install some there, too"))
    }
}
