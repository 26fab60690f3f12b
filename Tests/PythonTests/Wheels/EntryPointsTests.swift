import Diagnostics
import Testing

@testable import Python

@Suite struct EntryPointsTests {
    func scripts(_ text: String) throws -> [String] {
        try EntryPoints(text, origin: "demo.dist-info").scripts.map { "\($0.name) \($0.module) \($0.attribute)" }
    }

    @Test(arguments: [
        ("[console_scripts]\na=m:f\n", ["a m f"]), ("[console_scripts]\r\na = m.n:f.g\r\n", ["a m.n f.g"]),
        ("[gui_scripts]\nw = m:f", ["w m f"]), ("[ console_scripts ]\n  a  =  m : f  ", ["a m f"]),
        ("[console_scripts]\na = m:f [extra,other]\nb=m:f[x]", ["a m f", "b m f"]),
        ("# comment\n; another\n[console_scripts]\n# a = b:c\n\nz = m:f\na = m:f", ["a m f", "z m f"]),
        ("[other]\na = not an entry point\n[console_scripts]\na = m:f\n[more]\nb = c", ["a m f"]),
        ("[console_scripts]\na = m:f\na = n:g", ["a n g"]), ("", []), ("[console_scripts]\n", []),
        ("[console_scripts]\npy.test = pytest:main\na-b_c+d = m:f", ["a-b_c+d m f", "py.test pytest main"]),
        ("[console_scripts]\nnaïve = módulo:função", ["naïve módulo função"]),
    ]) func commandsAreRead(text: String, expected: [String]) throws {
        #expect(try scripts(text) == expected)
    }

    @Test(arguments: [
        "a", "a = m", "a = m:", "a = :f", "= m:f", "a/b = m:f", "../a = m:f", ".. = m:f", ". = m:f", "a\u{0} = m:f",
        "a\\b = m:f", "a = m:f()", "a = m;import os:f", "a = m:f;import os", "a = m:f\u{a0}#", "a = 1m:f", "a = m:1f",
        "a = m..n:f", "a = m:f.", "a = m-n:f", "a = m:f g", "a = m\"\"\":f", "a = m:__import__('os').system('x')",
        String(repeating: "n", count: 256) + " = m:f",
    ]) func whatWouldBecomeOtherCodeIsRefused(line: String) throws {
        let error = #expect(throws: WheelError.self) { try scripts("[console_scripts]\n\(line)\n") }
        #expect(error?.code == .invalidEntryPoint)
        #expect(error?.context == [FailureContext("file", "demo.dist-info/entry_points.txt:2")])
    }

    @Test func pipIsNamedAfterTheInterpreter() throws {
        let points = try EntryPoints(
            "[console_scripts]\npip=p:main\npip3=p:main\npip3.8=p:main", origin: "pip.dist-info")
        #expect(points.scriptsOfPip(version: "3.11").map(\.name) == ["pip", "pip3", "pip3.11"])
    }

    @Test(arguments: [
        ("#!python\nx", "#!/opt/venv/bin/python\nx"), ("#!pythonw\nx", "#!/opt/venv/bin/python\nx"),
        ("#!python -E\r\nx", "#!/opt/venv/bin/python\nx"), ("#!python", "#!/opt/venv/bin/python"),
        ("#!/usr/bin/python\nx", "#!/usr/bin/python\nx"), ("#!/bin/sh\n", "#!/bin/sh\n"), ("", ""),
        (" #!python\n", " #!python\n"),
    ]) func placeholdersNameTheInterpreter(script: String, expected: String) {
        let rewritten = Shebang.rewritten(Array(script.utf8), interpreter: "/opt/venv/bin/python")
        #expect(String(decoding: rewritten, as: UTF8.self) == expected)
    }

    @Test func longInterpretersAreStartedByAShell() {
        #expect(Shebang.line(for: "/" + String(repeating: "p", count: 124)).hasPrefix("#!/ppp"))
        for interpreter in ["/" + String(repeating: "p", count: 125), "/with space/python", "/it's here/python"] {
            let line = Shebang.line(for: interpreter)
            #expect(line.hasPrefix("#!/bin/sh\n'''exec' '/"))
            #expect(line.hasSuffix("\"$0\" \"$@\"\n' '''"))
        }
    }
}
