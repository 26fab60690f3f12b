import Content
import Diagnostics
import Foundation
import Layers
import SystemPackage
import TestSupport
import Testing

@testable import Python

@Suite struct EditableWheelTests {
    /// The wheel for a project whose wheel has some modules and whose sources have some files.
    private static func editable(
        _ modules: [String], _ sources: [String], place: String = "/app"
    ) throws -> EditableWheel {
        let scratch = try TemporaryDirectory()
        // The fixture's wheels have a module of the distribution's name.
        let root = sources.first { $0.hasSuffix(modules[0]) }.map { String($0.dropLast(modules[0].count)) } ?? ""
        for path in sources + ["\(root)my_pkg.py"] { try scratch.write(Array("x".utf8), to: path) }
        let fixture = try WheelFixture("my-pkg", "1.0", files: modules.map { ($0, Array("x".utf8)) })
        let wheel = try Wheel(BytesReader(fixture.bytes), filename: fixture.filename)
        return try EditableWheel(of: wheel, from: scratch.path, at: place)
    }

    @Test(arguments: [
        (["my_pkg/__init__.py", "my_pkg/data/a.txt"], "src/", "/app/src"), (["my_pkg/__init__.py"], "", "/app"),
        (["of/my.py"], "backend/code/", "/app/backend/code"), (["a.py", "b/c.py"], "lib/", "/app/lib"),
    ])
    func leadsToTheModules(_ modules: [String], _ root: String, _ path: String) throws {
        // A copy that a backend left is no source.
        let sources = modules.map { root + $0 } + modules.map { "build/lib/\($0)" } + ["pyproject.toml"]
        let made = try Self.editable(modules, sources)
        #expect(made.filename == "my_pkg-1.0-0.editable-py3-none-any.whl")
        let wheel = try Wheel(BytesReader(made.bytes), filename: made.filename)
        let texts = Dictionary(
            uniqueKeysWithValues: try wheel.archive.entries.map {
                ($0.path, String(decoding: try wheel.archive.bytes(of: $0, limit: 1 << 20), as: UTF8.self))
            })
        #expect(texts["__editable__.my_pkg-1.0.pth"] == path + "\n")
        #expect(texts.keys.allSatisfy { $0.hasPrefix("my_pkg-1.0.dist-info/") || $0.hasSuffix(".pth") })
        #expect(texts["my_pkg-1.0.dist-info/METADATA"]?.contains("Name: my-pkg") == true)
        #expect(Set(wheel.record.keys) == Set(texts.keys))
        #expect(try Self.editable(modules, sources).bytes == made.bytes)
    }

    @Test(arguments: [
        (
            ["my_pkg/__init__.py", "my_pkg/_version.py"], ["my_pkg/__init__.py"],
            "'my_pkg/_version.py' of its wheel is not among them"
        ),
        (["a.py", "b.py"], ["src/a.py", "lib/b.py"], "the modules of its wheel lie in several directories"),
        (
            ["my_pkg-1.0.data/scripts/run"], ["run"],
            "'my_pkg-1.0.data/scripts/run' of its wheel goes elsewhere than its modules"
        ),
    ])
    func refuses(_ modules: [String], _ sources: [String], _ why: String) throws {
        let error = #expect(throws: PythonError.self) { try Self.editable(modules, sources) }
        #expect(error?.message == "my-pkg cannot be used where its sources lie: \(why)")
        #expect(error?.code == .buildFailed)
    }

    @Test func pythonReadsIt() throws {
        let scratch = try TemporaryDirectory()
        let made = try Self.editable(["more.py"], ["src/more.py"], place: "/srv/it's")
        let file = try scratch.write(made.bytes, to: made.filename)
        let program = """
            import sys, zipfile
            wheel = zipfile.ZipFile(sys.argv[1])
            assert wheel.testzip() is None
            print(wheel.read("__editable__.my_pkg-1.0.pth").decode(), end="")
            """
        #expect(String(decoding: try python(program, [file.string]), as: UTF8.self) == "/srv/it's/src\n")
    }
}
