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

/// What a wheel's parts become, by the binary distribution format.
@Suite struct InstalledWheelTests {
    let workshop: WheelWorkshop
    let site = "lib/python3.11/site-packages"

    init() throws { workshop = try WheelWorkshop() }

    /// Holds every row of RECORD against the layer's content, and every file against RECORD.
    func check(_ layer: ReadLayer, info: String = "demo-1.0.dist-info", prefix: String = "opt/venv/") throws {
        let rows = layer.record(of: info)
        var listed: [String] = []
        for row in rows {
            var parts = (prefix + site).split(separator: "/")
            for part in row.path.split(separator: "/") {
                if part == ".." { parts.removeLast() } else { parts.append(part) }
            }
            let path = parts.joined(separator: "/")
            listed.append(path)
            let content = try #require(layer.contents[path], "\(path)")
            if path.hasSuffix("/RECORD") {
                #expect(row.hash == "" && row.size == "")
            } else {
                let fresh = try Record.Row(path: row.path, bytes: content)
                #expect(row == fresh)
            }
        }
        #expect(listed.sorted() == layer.contents.keys.sorted())
        #expect(rows.map(\.path) == rows.map(\.path).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    }

    @Test func partsGoWhereTheSchemeSays() throws {
        var wheel = WheelBuilder(["demo/__init__.py": "x = 1\n", "top.py": "", "demo/empty/": ""])
        for (key, path) in [
            ("purelib", "pure.py"), ("platlib", "plat.so"), ("data", "share/man/demo.1"), ("data", "etc/demo.cfg"),
            ("headers", "demo.h"), ("scripts", "run"),
        ] { wheel.add("demo-1.0.data/\(key)/\(path)", "content of \(key)") }
        wheel.entryPoints("[console_scripts]\ndemo = demo:main\n[gui_scripts]\ndemo-gui = demo:gui.start\n")
        let layer = try workshop.install(wheel)
        #expect(
            layer.files == [
                "bin/demo", "bin/demo-gui", "bin/run", "etc/demo.cfg", "include/site/python3.11/demo/demo.h",
                "\(site)/demo-1.0.dist-info/INSTALLER", "\(site)/demo-1.0.dist-info/METADATA",
                "\(site)/demo-1.0.dist-info/RECORD", "\(site)/demo-1.0.dist-info/WHEEL",
                "\(site)/demo-1.0.dist-info/entry_points.txt", "\(site)/demo/__init__.py", "\(site)/pure.py",
                "\(site)/top.py", "lib64/python3.11/site-packages/plat.so", "share/man/demo.1",
            ])
        try check(layer)
        // Every directory below the prefix, none at it or above, and the empty one that the wheel names.
        #expect(
            layer.directories == [
                "opt/venv/bin", "opt/venv/etc", "opt/venv/include", "opt/venv/include/site",
                "opt/venv/include/site/python3.11", "opt/venv/include/site/python3.11/demo", "opt/venv/lib",
                "opt/venv/lib/python3.11", "opt/venv/\(site)", "opt/venv/\(site)/demo",
                "opt/venv/\(site)/demo-1.0.dist-info", "opt/venv/\(site)/demo/empty", "opt/venv/lib64",
                "opt/venv/lib64/python3.11", "opt/venv/lib64/python3.11/site-packages", "opt/venv/share",
                "opt/venv/share/man",
            ])
        #expect(Set(layer.paths).count == layer.paths.count)
        #expect(layer.entries.allSatisfy { $0.modified == .reproducible && $0.uid == 0 && $0.gid == 0 })
        #expect(layer.text("opt/venv/\(site)/demo-1.0.dist-info/INSTALLER") == "cooperage\n")
    }

    @Test func aWheelThatIsNotPureGoesToPlatlib() throws {
        var wheel = WheelBuilder(["demo.py": "x"])
        wheel.wheel = wheel.wheel.replacing("Root-Is-Purelib: true", with: "root-is-purelib: False")
        #expect(try workshop.install(wheel).contents["opt/venv/lib64/python3.11/site-packages/demo.py"] != nil)
    }

    @Test func commandsStartTheInterpreterOfTheScheme() throws {
        var wheel = WheelBuilder(["demo.py": "def main(): print('ran', 7)\nclass C:\n  run = staticmethod(main)\n"])
        wheel.entryPoints("[console_scripts]\ndemo = demo:main\nnested = demo:C.run\n")
        let scheme = InstallScheme(
            prefix: "/p", interpreter: "/usr/bin/env python3", purelib: "/p", platlib: "/p", scripts: "/p/bin",
            headers: "/p/h", data: "/p")
        let layer = try workshop.install(wheel, scheme: scheme)
        let directory = try TemporaryDirectory()
        try directory.write(layer.contents["p/demo.py"] ?? [], to: "demo.py")
        for name in ["demo", "nested"] {
            let script = try #require(layer.contents["p/bin/\(name)"])
            let path = try directory.write(script, to: name)
            let output = try run("python3", [path.string])
            #expect(String(decoding: output, as: UTF8.self) == "ran 7\n")
            // The path with a space needs the shell's help, which is Python all the same.
            #expect(script.starts(with: "#!/bin/sh\n'''exec' '/usr/bin/env python3'".utf8))
        }
    }

    @Test func scriptsAreRewrittenAndExecutable() throws {
        var wheel = WheelBuilder()
        wheel.add("demo-1.0.data/scripts/python", "#!python\nprint()\n")
        wheel.add("demo-1.0.data/scripts/pythonw", "#!pythonw\r\nprint()\n", mode: 0)
        wheel.add("demo-1.0.data/scripts/shell", "#!/bin/sh\n#!python\n")
        wheel.add("demo-1.0.data/data/bin/data", "#!python\n")
        wheel.add("demo/tool.sh", "#!/bin/sh\n", mode: 0o100755)
        wheel.add("demo/group.sh", "#!/bin/sh\n", mode: 0o100674)
        wheel.add("demo/odd.txt", "", mode: 0o100606)
        let layer = try workshop.install(wheel)
        #expect(layer.text("opt/venv/bin/python") == "#!/opt/venv/bin/python\nprint()\n")
        #expect(layer.text("opt/venv/bin/pythonw") == "#!/opt/venv/bin/python\nprint()\n")
        #expect(layer.text("opt/venv/bin/shell") == "#!/bin/sh\n#!python\n")
        #expect(layer.text("opt/venv/bin/data") == "#!python\n")
        #expect(
            ["bin/python", "bin/pythonw", "bin/shell", "bin/data"].map { layer.mode("opt/venv/\($0)") } == [
                0o755, 0o755, 0o755, 0o644,
            ])
        #expect(
            ["tool.sh", "group.sh", "odd.txt"].map { layer.mode("opt/venv/\(site)/demo/\($0)") } == [
                0o755, 0o755, 0o644,
            ])
        try check(layer)
    }

    @Test func anEntryPointWinsOverAScriptOfItsName() throws {
        var wheel = WheelBuilder(["demo.py": ""])
        wheel.add("demo-1.0.data/scripts/demo", "#!python\nold\n")
        wheel.entryPoints("[console_scripts]\ndemo = demo:main\n")
        let layer = try workshop.install(wheel)
        #expect(layer.text("opt/venv/bin/demo")?.contains("from demo import main") == true)
        try check(layer)
    }

    @Test func signaturesAndTheOldInstallerAreLeftOut() throws {
        var wheel = WheelBuilder(["demo.py": ""])
        for file in ["RECORD.jws", "RECORD.p7s", "INSTALLER"] { wheel.add("\(wheel.info)/\(file)", "other") }
        let layer = try workshop.install(wheel)
        #expect(!layer.paths.contains { $0.hasSuffix(".jws") || $0.hasSuffix(".p7s") })
        #expect(layer.text("opt/venv/\(site)/\(wheel.info)/INSTALLER") == "cooperage\n")
        try check(layer)
    }

    @Test func namesWithCommasAndQuotesStandInRecord() throws {
        let names = ["a,b.py", "say \"hi\".py", "ünï.py", "with space.py", "line\nbreak.py"]
        let wheel = WheelBuilder([
            "a,b.py": "1", "say \"hi\".py": "2", "ünï.py": "3", "with space.py": "4", "line\nbreak.py": "5",
        ])
        let layer = try workshop.install(wheel)
        for name in names { #expect(layer.contents["opt/venv/\(site)/\(name)"] != nil) }
        try check(layer)
    }

    @Test func repetitionsAreTakenOnlyIfTheyAreTheSame() throws {
        var same = WheelBuilder(["demo.py": "x"])
        same.add("demo.py", "x")
        same.add("demo-1.0.data/purelib/demo.py", "x")
        try check(workshop.install(same))
        var other = WheelBuilder(["demo.py": "x"])
        other.add("demo-1.0.data/purelib/demo.py", "y")
        let error = #expect(throws: WheelError.self) { try workshop.install(other) }
        #expect(error?.code == .invalidWheel)
    }

    @Test func excludedPathsAreLeftToTheirWinner() throws {
        let wheel = WheelBuilder(["demo.py": "", "shared/a.py": "", "shared/b.py": ""])
        let layer = try workshop.install(wheel, excluded: ["opt/venv/\(site)/shared/a.py"])
        #expect(!layer.files.contains("\(site)/shared/a.py") && layer.files.contains("\(site)/shared/b.py"))
    }

    @Test func noDirectoryIsWrittenOverALinkOfTheBase() throws {
        var scheme = InstallScheme.venv
        scheme.links = [
            SchemeLink(path: "/opt/venv/lib64", target: "/opt/venv/lib"),
            SchemeLink(path: "/opt/venv/man", target: "/usr/share/man"),
        ]
        scheme.directories = [SchemeDirectory(path: "/usr/share/man/man1", mode: 0o2775, uid: 7, gid: 8)]
        var wheel = WheelBuilder(["demo/__init__.py": ""])
        for path in ["lib64/demo.so", "lib64/\(site.dropFirst(4))/other.py", "man/man1/demo.1", "man/", "lib64/", "x"] {
            wheel.add("demo-1.0.data/data/\(path)", path.hasSuffix("/") ? "" : path)
        }
        let layer = try workshop.install(wheel, scheme: scheme)
        #expect(!layer.paths.contains { $0.hasPrefix("opt/venv/lib64") || $0.hasPrefix("opt/venv/man") })
        #expect(layer.text("opt/venv/lib/demo.so") == "lib64/demo.so" && layer.text("opt/venv/\(site)/other.py") != nil)
        #expect(layer.text("usr/share/man/man1/demo.1") != nil && layer.text("opt/venv/x") == "x")
        let directory = try #require(layer.entries.first { $0.path == "usr/share/man/man1" })
        #expect(directory.mode == 0o2775 && directory.uid == 7 && directory.gid == 8)
        #expect(!layer.directories.contains("usr/share/man") && !layer.directories.contains("usr"))
        try check(layer)
        #expect(try workshop.install(wheel, scheme: scheme).files != workshop.install(wheel).files)
    }

    /// Names that Swift's strings take for equal, or whose slash they take for part of another character.
    @Test func namesAreBytes() throws {
        let wheel = WheelBuilder(["m/caf\u{e9}.py": "1", "m/cafe\u{301}.py": "2", "m/\u{301}x/y.py": "3"])
        let layer = try workshop.install(wheel)
        // libarchive reads either form of a name as the composed one, so the list is RECORD's.
        #expect(layer.files.count == 3 + 4)
        #expect(layer.directories.contains { $0.utf8.elementsEqual("opt/venv/\(site)/m/\u{301}x".utf8) })
        let rows = layer.record(of: wheel.info).map { Array($0.path.utf8) }
        for name in ["caf\u{e9}.py", "cafe\u{301}.py", "\u{301}x/y.py"] {
            #expect(rows.contains(Array("m/\(name)".utf8)))
        }
    }

    // MARK: Refusals

    static let refusals: [(what: String, code: String, change: @Sendable (inout WheelBuilder) -> Void)] = [
        ("no WHEEL", "invalid_wheel", { $0.metadata.removeAll { $0 == "WHEEL" } }),
        ("no RECORD", "invalid_wheel", { $0.metadata.removeAll { $0 == "RECORD" } }),
        ("no dist-info", "invalid_wheel", { $0.metadata = [] }),
        ("two dist-infos of its name", "invalid_wheel", { $0.add("demo-2.0.dist-info/WHEEL", "") }),
        ("version 2", "unsupported_wheel_version", { $0.wheel = "Wheel-Version: 2.0\nRoot-Is-Purelib: true\n" }),
        ("no version", "invalid_wheel", { $0.wheel = "Root-Is-Purelib: true\n" }),
        ("no number", "invalid_wheel", { $0.wheel = "Wheel-Version: one\n" }),
        ("parent", "unsafe_path", { $0.add("../x.py", "") }),
        ("deep parent", "unsafe_path", { $0.add("a/../../x", "") }),
        ("absolute", "unsafe_path", { $0.add("/etc/passwd", "") }),
        ("parent before a mark", "unsafe_path", { $0.add("opt/../\u{301}x/y", "") }),
        ("absolute before a mark", "unsafe_path", { $0.add("/\u{301}etc", "") }),
        ("absolute data before a mark", "unsafe_path", { $0.add("demo-1.0.data/data//\u{301}etc", "") }),
        ("backslash", "unsafe_path", { $0.add("a\\..\\b", "") }),
        ("dot", "unsafe_path", { $0.add("./x", "") }), ("empty part", "unsafe_path", { $0.add("a//b", "") }),
        ("parent in data", "unsafe_path", { $0.add("demo-1.0.data/data/../../x", "") }),
        ("long part", "unsafe_path", { $0.add(String(repeating: "n", count: 256), "") }),
        ("link", "invalid_wheel", { $0.add("link", "/etc/passwd", mode: 0o120777) }),
        ("unknown key", "invalid_wheel", { $0.add("demo-1.0.data/bin/x", "") }),
        ("file as key", "invalid_wheel", { $0.add("demo-1.0.data/scripts", "x") }),
        (
            "file and directory", "invalid_wheel",
            {
                $0.add("a", "x"); $0.add("a/b", "y")
            }
        ),
        (
            "data in a file", "invalid_wheel",
            {
                $0.add("demo-1.0.data/data/bin", "x"); $0.add("demo-1.0.data/scripts/y", "y")
            }
        ),
        ("CRC", "corrupt_entry", { $0.add("x", "content", damage: "crc^=1") }),
        ("size", "corrupt_entry", { $0.add("x", "content", damage: "size+=1") }),
        ("smaller size", "too_large", { $0.add("x", "content", damage: "size-=1") }),
        ("bytes behind", "corrupt_entry", { $0.add("x", "content", damage: "data+=b'more'") }),
        ("cut stream", "corrupt_entry", { $0.add("x", "content", damage: "data=data[:-3]") }),
        ("no stream", "corrupt_entry", { $0.add("x", "content", damage: "data=b'\\xff'*20") }),
        ("damaged RECORD of entry points", "invalid_entry_point", { $0.entryPoints("[console_scripts]\nx") }),
    ]

    @Test(arguments: refusals.indices) func whatIsNoSoundWheelIsRefused(number: Int) throws {
        let refusal = Self.refusals[number]
        var wheel = WheelBuilder(["demo.py": "x"])
        refusal.change(&wheel)
        let error = #expect(throws: (any Error).self, "\(refusal.what)") { try workshop.install(wheel) }
        let diagnostic = try #require(error as? any Diagnostic)
        #expect(diagnostic.codeName == refusal.code, "\(refusal.what): \(diagnostic)")
        #expect(diagnostic.context.first == FailureContext("wheel", wheel.filename), "\(refusal.what): \(diagnostic)")
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: workshop.store.root.appending("ingest").string) == [])
    }

    @Test func bytesBehindAStreamAreNamed() throws {
        var wheel = WheelBuilder()
        wheel.add("x.py", "content", damage: "data+=b'more'")
        let error = #expect(throws: LayerError.self) { try workshop.install(wheel) }
        #expect(
            error?.description
                == "4 bytes follow the end of the entry's DEFLATE stream [wheel demo-1.0-py3-none-any.whl] [path opt/venv/\(site)/x.py]"
        )
    }

    @Test func anothersMetadataMayBeCarriedAlong() throws {
        var wheel = WheelBuilder(["demo.py": ""])
        wheel.add("vendored-2.0.dist-info/METADATA", "Name: vendored")
        #expect(try workshop.install(wheel).files.contains("\(site)/vendored-2.0.dist-info/METADATA"))
    }

    @Test func aWheelThatIsNotThereOrNoZipIsNamed() throws {
        let missing = WheelReference(
            name: "demo", version: "1.0", filename: "demo-1.0-py3-none-any.whl", digest: try Digester.digest(of: [1]),
            size: 1)
        #expect(throws: ContentError.self) { try workshop.make([missing]) }
        var noZip = missing
        noZip.digest = try workshop.store.put(Array("<html>not found</html>".utf8)).digest
        let error = #expect(throws: LayerError.self) { try workshop.make([noZip]) }
        #expect(error?.code == .invalidZip && error?.context.first?.value == noZip.filename)
    }
}
