import Content
import Diagnostics
import Foundation
import Layers
import OCI
import Spec
import SystemPackage
import TestSupport
import Testing

@testable import Python

/// Layers of several wheels, put together from runs.
@Suite struct WheelLayerMakerTests {
    let workshop: WheelWorkshop
    let site = "opt/venv/lib/python3.11/site-packages"

    init() throws { workshop = try WheelWorkshop() }

    func wheel(_ name: String, version: String = "1.0", text: String = "x = 1\n") -> WheelBuilder {
        var builder = WheelBuilder()
        (builder.name, builder.version) = (name, version)
        builder.add("space/\(name)/__init__.py", text)
        builder.add("space/\(name)/data.txt", String(repeating: text, count: 50))
        builder.add("\(name)-\(version).data/scripts/\(name)", "#!python\n")
        return builder
    }

    @Test func sharedDirectoriesStandOnce() throws {
        let layer = try workshop.read(workshop.make(["one", "two", "three"].map { try workshop.add(wheel($0)) }))
        #expect(Set(layer.paths).count == layer.paths.count)
        #expect(
            layer.directories == [
                "opt/venv/bin", "opt/venv/lib", "opt/venv/lib/python3.11", site,
                "\(site)/one-1.0.dist-info", "\(site)/space", "\(site)/space/one", "\(site)/space/three",
                "\(site)/space/two", "\(site)/three-1.0.dist-info", "\(site)/two-1.0.dist-info",
            ])
        // Directories come first, so that no runtime makes one itself.
        #expect(layer.entries.firstIndex { $0.kind != .directory } == layer.directories.count)
        #expect(layer.files.count == 3 * 7)
    }

    @Test func keptRunsGiveTheSameBytes() throws {
        let first = try ["one", "two", "three"].map { try workshop.add(wheel($0)) }
        let fresh = try workshop.make(first, reusesRuns: false)
        #expect(try workshop.make(first) == fresh)
        #expect(try workshop.make(first) == fresh)
        // Another wheel changes one run; the layer is the one that an empty cache gives.
        var bumped = first
        bumped[1] = try workshop.add(wheel("two", version: "1.1", text: "y = 2\n"))
        let assembled = try workshop.make(bumped)
        let other = try WheelWorkshop()
        let again = try [wheel("one"), wheel("two", version: "1.1", text: "y = 2\n"), wheel("three")].map {
            try other.add($0)
        }
        #expect(try other.make(again) == assembled)
        #expect(assembled.diffID != fresh.diffID)
        let blob = try #require(try workshop.store.blob(assembled.descriptor.digest))
        let tar = try GzipReader(blob.open()).readAll(limit: 1 << 24)
        #expect(try Digester.digest(of: tar) == assembled.diffID)
        #expect(Int64(tar.count) == assembled.uncompressedSize)
    }

    @Test func aLostRunIsMadeAgain() throws {
        let wheels = try ["one", "two"].map { try workshop.add(wheel($0)) }
        let fresh = try workshop.make(wheels)
        let blobs = workshop.store.root.appending("blobs/sha256")
        let kept = Set(wheels.map(\.digest.encoded))
        for name in try FileSystem.names(in: blobs) where !kept.contains(name) {
            try FileSystem.remove(blobs.appending(name))
        }
        #expect(try workshop.make(wheels) == fresh)
    }

    @Test func aPathOfSeveralWheelsStandsOnceAndTheLastWins() throws {
        let wheels = try ["one", "two", "three"].map { name in
            var builder = wheel(name)
            builder.add("LICENSE", "the same")
            builder.add("tests/__init__.py", name == "three" ? "" : "# \(name)\n")
            return try workshop.add(builder)
        }
        let made = try workshop.make(wheels)
        let layer = try workshop.read(made)
        #expect(Set(layer.paths).count == layer.paths.count)
        #expect(layer.text("\(site)/tests/__init__.py") == "" && layer.text("\(site)/LICENSE") == "the same")
        // Each wheel's own files are all there, and its RECORD lists what it brought.
        #expect(layer.files.count == 3 * 7 + 2)
        #expect(layer.record(of: "one-1.0.dist-info").contains { $0.path == "tests/__init__.py" })
        // Kept runs, fresh ones and another order's: which run is used follows from what the wheel leaves out.
        #expect(try workshop.make(wheels) == made)
        #expect(try workshop.make(wheels, reusesRuns: false) == made)
        let reversed = try workshop.read(workshop.make(wheels.reversed()))
        #expect(Set(reversed.paths).count == reversed.paths.count)
        #expect(reversed.text("\(site)/tests/__init__.py") == "# one\n")
        // A wheel alone brings everything.
        #expect(try workshop.read(workshop.make([wheels[0]])).text("\(site)/LICENSE") == "the same")
    }

    @Test func aFileOfOneWheelIsNoDirectoryOfAnother() throws {
        var (first, second) = (wheel("one"), wheel("two"))
        first.add("common", "x")
        second.add("common/a.py", "x")
        let wheels = try [first, second].map { try workshop.add($0) }
        let error = #expect(throws: WheelError.self) { try workshop.make(wheels) }
        #expect(error?.message.contains("'/\(site)/common' is a file of one-1.0") == true)
    }

    @Test func orderSchemeAndExclusionsMakeOtherLayers() throws {
        let wheels = try ["one", "two"].map { try workshop.add(wheel($0)) }
        let layer = try workshop.make(wheels)
        #expect(try workshop.make(wheels.reversed()) != layer)
        #expect(try workshop.make(wheels, excluded: ["\(site)/space/one/data.txt"]) != layer)
        var scheme = InstallScheme.venv
        scheme.interpreter = "/usr/bin/python3"
        #expect(try workshop.make(wheels, scheme: scheme) != layer)
    }

    @Test(arguments: [1, 2]) func directoriesAreWrittenAsTheBaseHasThem(count: Int) throws {
        var scheme = InstallScheme.venv
        scheme.directories = [
            SchemeDirectory(path: "/opt/venv", mode: 0o700, uid: 9, gid: 9),
            SchemeDirectory(path: "/opt/venv/bin", mode: 0o2775, uid: 1000, gid: 50),
            SchemeDirectory(path: "/opt/venv/unused", mode: 0o700, uid: 0, gid: 0),
        ]
        let wheels = try ["one", "two"].prefix(count).map { try workshop.add(wheel($0)) }
        let layer = try workshop.read(workshop.make(wheels, scheme: scheme))
        let directory = try #require(layer.entries.first { $0.path == "opt/venv/bin" })
        #expect(directory.mode == 0o2775 && directory.uid == 1000 && directory.gid == 50)
        #expect(layer.mode("opt/venv/lib") == 0o755)
        #expect(layer.paths.allSatisfy { $0.hasPrefix("opt/venv/") } && !layer.paths.contains("opt/venv/unused"))
    }

    @Test func aPrefixOfTheWholeRootIsTaken() throws {
        let scheme = InstallScheme(
            prefix: "/usr/local", interpreter: "/usr/local/bin/python3",
            purelib: "/usr/local/lib/python3.12/site-packages",
            platlib: "/usr/local/lib/python3.12/site-packages", scripts: "/usr/local/bin",
            headers: "/usr/local/include/python3.12", data: "/usr/local")
        let layer = try workshop.read(workshop.make([workshop.add(wheel("one"))], scheme: scheme))
        #expect(layer.paths.allSatisfy { $0.hasPrefix("usr/local/") })
        #expect(layer.text("usr/local/bin/one") == "#!/usr/local/bin/python3\n")
    }

    @Test func parallelMakersAgree() async throws {
        let wheels = try ["one", "two", "three"].map { try workshop.add(wheel($0)) }
        let expected = try workshop.make(wheels, reusesRuns: false)
        try await withThrowingTaskGroup(of: MadeLayer.self) { group in
            for round in 0..<8 { group.addTask { try workshop.make(wheels, reusesRuns: round % 2 == 0) } }
            for try await made in group { #expect(made == expected) }
        }
    }
}
