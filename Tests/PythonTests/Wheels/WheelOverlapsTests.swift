import Content
import Diagnostics
import Layers
import OCI
import Spec
import TestSupport
import Testing

@testable import Python

/// Paths that several wheels of an image bring.
@Suite struct WheelOverlapsTests {
    let workshop: WheelWorkshop

    init() throws { workshop = try WheelWorkshop() }

    func wheel(_ name: String, _ files: KeyValuePairs<String, String>) throws -> WheelReference {
        var builder = WheelBuilder(files)
        builder.name = name
        builder.add("\(name)/__init__.py", "")
        return try workshop.add(builder)
    }

    func warnings(_ layers: [[WheelReference]]) throws -> [String] {
        try WheelOverlaps(store: workshop.store, records: [workshop.records]).warnings(
            of: layers.map { wheels in
                WheelLayer(
                    wheels: wheels.map { WheelInstallation(wheel: $0) }, scheme: .venv, timestamp: .reproducible)
            })
    }

    /// In one layer or in several: of what differs both are named, and it is told which one a container sees.
    @Test(arguments: [[[0, 1, 2]], [[0], [1], [2]], [[0, 1], [2]], [[0], [1, 2]]]) func theLastWheelWins(
        _ layers: [[Int]]
    )
        throws
    {
        let wheels = try [
            wheel("one", ["tests/__init__.py": "# 1", "tests/a.py": "1", "LICENSE": "the same"]),
            wheel("two", ["tests/__init__.py": "# 2", "tests/a.py": "2", "LICENSE": "the same"]),
            wheel("three", ["tests/__init__.py": "# 3", "LICENSE": "the same"]),
        ]
        let path = "/opt/venv/lib/python3.11/site-packages/tests/__init__.py"
        func warning(_ loser: String, _ winner: String, more: String = "") -> String {
            "\(loser)-1.0-py3-none-any.whl and \(winner)-1.0-py3-none-any.whl both bring '\(path)'\(more) with different "
                + "contents: those of \(winner)-1.0-py3-none-any.whl are taken"
        }
        let expected = [warning("one", "two", more: " and 1 more"), warning("two", "three")]
        let division = layers.map { $0.map { wheels[$0] } }
        #expect(try warnings(division) == expected)
        // Kept with the making of the layers, and without the wheels.
        for layer in division { _ = try workshop.make(layer) }
        for wheel in wheels { try FileSystem.remove(workshop.store.path(of: wheel.digest)) }
        #expect(try warnings(division) == expected)
        #expect(try warnings(division.reversed()) != expected || layers.count == 1)
    }

    @Test func whatNobodyKnowsIsNotCompared() throws {
        let wheels = try [wheel("one", ["tests/a.py": "1"]), wheel("two", ["tests/a.py": "2"])]
        try FileSystem.remove(workshop.store.path(of: wheels[0].digest))
        #expect(try warnings(wheels.map { [$0] }) == [])
        // That was no answer to keep.
        _ = try wheel("one", ["tests/a.py": "1"])
        #expect(try warnings(wheels.map { [$0] }).count == 1)
    }

    @Test func aFileOfOneLayerIsNoDirectoryOfAnother() throws {
        let wheels = try [wheel("one", ["common": "x"]), wheel("two", ["common/a.py": "x"])]
        let error = #expect(throws: WheelError.self) { try warnings(wheels.map { [$0] }) }
        #expect(error?.message.contains("common' is a file of one-1.0") == true)
    }

    @Test func contentsAreReadAsTheyWereKept() throws {
        let names = ["a b.py", "ü.py", "u\u{308}.py", "new\nline.py"]
        var builder = WheelBuilder()
        for name in names { builder.add("demo/\(name)", name) }
        let reference = try workshop.add(builder)
        let layer = WheelLayer(
            wheels: [WheelInstallation(wheel: reference)], scheme: .venv, timestamp: .reproducible)
        let contents = WheelContents(try workshop.store.install(layer.wheels[0], in: layer), of: reference)
        let read = try CanonicalJSON.decode(WheelContents.self, from: CanonicalJSON.encode(contents))
        #expect(read.files.map { PathKey($0.path) } == contents.files.map { PathKey($0.path) })
        #expect(
            read.files.map(\.crc) == contents.files.map(\.crc) && read.files.map(\.size) == contents.files.map(\.size))
        #expect(read.directories == contents.directories && read.filename == contents.filename)
        #expect(
            Set(contents.files.map { PathKey($0.path) }).isSuperset(
                of: names.prefix(3).map {
                    PathKey("opt/venv/lib/python3.11/site-packages/demo/\($0)")
                }))
    }
}
