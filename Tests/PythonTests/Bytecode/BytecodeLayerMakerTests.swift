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

/// Layers of bytecode: what CPython itself writes, whatever was compiled before and wherever.
@Suite struct BytecodeLayerMakerTests {
    private static let site = "opt/venv/lib/python3.11/site-packages"

    private static func wheel(_ name: String = "demo", _ files: KeyValuePairs<String, String>) -> WheelBuilder {
        var builder = WheelBuilder(files)
        builder.name = name
        return builder
    }

    /// `compileall` in the place of the image, for packages from PyPI. Its process has compiled other files before, which
    /// can be seen in few files: those are the same code in other bytes.
    @Test func theSameAsCompileall() async throws {
        let workshop = try await BytecodeWorkshop()
        let paths = try await blocking { try downloadedWheels(fixtures.pushing("wheels/requirements.txt")) }
        let references = try paths.map { path in
            let blob = try workshop.wheels.store.put(try FileSystem.read(path, limit: 1 << 30))
            let name = try WheelFilename(path.lastComponent?.string ?? "")
            return WheelReference(
                name: name.name, version: name.version, filename: name.text, digest: blob.digest, size: blob.size)
        }
        let scratch = workshop.wheels.scratch.path
        let (ours, theirs) = (scratch.appending("ours"), scratch.appending("theirs"))
        let sources = try workshop.wheels.make(references)
        try InstalledTreeTests.extract([sources], of: workshop.wheels.store, to: theirs)
        let layer = try await workshop.maker().make(workshop.layer(references))
        try InstalledTreeTests.extract([layer], of: workshop.wheels.store, to: ours)
        let told = try await runAside(
            "python3",
            [
                "-c",
                """
                import compileall, marshal, os, py_compile, subprocess, sys
                ours, theirs = sys.argv[1:]
                subprocess.run(
                    [sys.executable, '-W', 'ignore', '-m', 'compileall', '-q', '-f', '-s', theirs, '-p', '/',
                     '--invalidation-mode', 'unchecked-hash', theirs + '/opt/venv'],
                    env=dict(os.environ, PYTHONHASHSEED='7'))
                def files(root):
                    return {os.path.relpath(os.path.join(d, f), root) for d, _, fs in os.walk(root) for f in fs
                            if f.endswith('.pyc') and 'site-packages' in d}
                def read(root, path):
                    return open(os.path.join(root, path), 'rb').read()
                def flat(code):
                    constants = [flat(c) if hasattr(c, 'co_consts') else c for c in code.co_consts]
                    return [code.co_code, constants, code.co_names, code.co_varnames, code.co_filename, code.co_name,
                            list(code.co_lines())]
                same, alike, other = 0, 0, sorted(files(ours) ^ files(theirs))
                for path in files(ours) & files(theirs):
                    a, b = read(ours, path), read(theirs, path)
                    if a == b:
                        same += 1
                    elif a[:16] == b[:16] and flat(marshal.loads(a[16:])) == flat(marshal.loads(b[16:])):
                        alike += 1
                    else:
                        other.append(path)
                print(same, alike, other)
                """, ours.string, theirs.string,
            ])
        let words = String(decoding: told, as: UTF8.self).split(separator: " ", maxSplits: 2)
        let (same, alike) = (try #require(Int(words[0])), try #require(Int(words[1])))
        #expect(same > 2000 && alike * 100 < same, "\(words)")
        #expect(words[2] == "[]\n")
    }

    @Test func whatWasCompiledBeforeDoesNotMatter() async throws {
        // `latin` makes the process keep a character that `sets` has in a text, and words that it has in a set.
        let files: KeyValuePairs = [
            "demo/__init__.py": "import os\n",
            "demo/sets.py": "def f(x): return x in {'alpha', 'beta', 'gamma'}\ny = 'Ð'\n",
        ]
        let wheel = Self.wheel("demo", files)
        let other = Self.wheel(
            "aaa", ["aaa/latin.py": "Ð = alpha = beta = gamma = 'alpha', 'beta'\n", "aaa/__init__.py": ""])
        func contents(_ layer: ReadLayer) -> [String: [UInt8]] { layer.contents.filter { $0.key.contains("/demo/") } }
        let alone = try await BytecodeWorkshop()
        let expected = try await contents(alone.make([alone.wheels.add(wheel)]))
        #expect(expected.count == 2)
        let together = try await BytecodeWorkshop()
        let references = [try together.wheels.add(other), try together.wheels.add(wheel)]
        #expect(try await contents(together.make(references)) == expected)
        // And the layer is the same each time, from runs that are kept or not, and by many at once.
        let layer = together.layer(references)
        let kept = try await together.maker().make(layer)
        let layers = try await withThrowingTaskGroup(of: MadeLayer.self) { group in
            for _ in 0..<3 { group.addTask { try await together.maker(reusesRuns: false).make(layer) } }
            return try await group.reduce(into: [MadeLayer]()) { $0.append($1) }
        }
        #expect(Set(layers + [kept]).count == 1)
        #expect(try FileSystem.names(in: together.wheels.scratch.path.appending("work")) == [])
    }

    @Test func whatIsCompiledAndWhatIsNot() async throws {
        let workshop = try await BytecodeWorkshop()
        var wheel = Self.wheel(
            "demo",
            [
                "demo/__init__.py": "", "demo/deep/one.py": "x = 1\n", "demo/name.with.dots.py": "", "demo/.py": "",
                "demo/data.txt": "", "demo/stub.pyi": "x: int\n", "demo/old.py": "print 1\n",
                "demo/template.py": "{{ name }} =\n", "demo/encoding.py": "# coding: nope\n",
                "demo/nul.py": "x = 1\0\n", "demo/crash.py": String(repeating: "(", count: 100_000),
                "demo/__pycache__/__init__.cpython-311.pyc": "stale", "demo/__pycache__/odd.py": "",
                "demo-1.0.data/purelib/pure.py": "", "demo-1.0.data/data/share/no.py": "",
                "demo-1.0.data/scripts/tool.py": "#!python\n", "demo/last.py": "y = 2\n",
            ])
        wheel.entryPoints("[console_scripts]\nrun = demo:main\n")
        let layer = try await workshop.make([workshop.wheels.add(wheel)])
        let names = [
            "__pycache__/pure", "demo/__pycache__/__init__", "demo/__pycache__/last", "demo/__pycache__/name.with.dots",
            "demo/deep/__pycache__/one",
        ]
        #expect(layer.contents.keys.sorted() == names.map { "\(Self.site)/\($0).\(workshop.tag).pyc" })
        // As `py_compile` makes it: unchecked, by hash.
        let bytes = try #require(layer.contents["\(Self.site)/demo/deep/__pycache__/one.\(workshop.tag).pyc"])
        let source = try workshop.wheels.scratch.write(Array("x = 1\n".utf8), to: "one.py")
        let compiled = try run(
            "python3",
            [
                "-c",
                """
                import py_compile, sys
                py_compile.compile(sys.argv[1], sys.argv[1] + 'c', '/\(Self.site)/demo/deep/one.py', True,
                    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
                sys.stdout.buffer.write(open(sys.argv[1] + 'c', 'rb').read())
                """, source.string,
            ])
        #expect(bytes == compiled)
        #expect(
            layer.entries.allSatisfy {
                $0.mode == ($0.kind == .directory ? 0o755 : 0o644) && $0.modified == .reproducible
            })
        #expect(layer.directories.contains("\(Self.site)/demo/deep/__pycache__"))
        #expect(!layer.directories.contains("opt/venv") && layer.directories.contains("opt/venv/lib"))
    }

    @Test func wheelsWithoutModulesGiveAnEmptyLayer() async throws {
        let workshop = try await BytecodeWorkshop()
        let layer = try await workshop.make([workshop.wheels.add(Self.wheel("demo", ["demo-stubs/a.pyi": ""]))])
        #expect(layer.entries.isEmpty)
    }

    /// The bytecode is that of the source that is there.
    @Test func ofAPathThatTwoWheelsBringTheWinnersIsCompiled() async throws {
        let workshop = try await BytecodeWorkshop()
        let first = try workshop.wheels.add(Self.wheel("one", ["shared/a.py": "WHO = 'one'\n", "shared/b.py": ""]))
        let second = try workshop.wheels.add(Self.wheel("two", ["shared/a.py": "WHO = 'two'\n"]))
        let layer = try await workshop.make([first, second])
        let path = "\(Self.site)/shared/__pycache__/a.\(workshop.tag).pyc"
        #expect(layer.paths.filter { $0 == path }.count == 1)
        let bytes = try #require(layer.contents[path])
        let told = try python(
            "import marshal,sys; print(marshal.loads(sys.stdin.buffer.read()[16:]).co_consts)", input: bytes)
        #expect(String(decoding: told, as: UTF8.self).contains("two"))
        #expect(layer.paths.contains("\(Self.site)/shared/__pycache__/b.\(workshop.tag).pyc"))
    }

    @Test func aModuleThatWantsTooMuchMemoryIsPassedOver() async throws {
        let workshop = try await BytecodeWorkshop()
        let compiler = BytecodeCompiler(
            interpreter: workshop.interpreter, timeLimit: .seconds(600), memoryLimit: 192 << 20)
        func module(_ name: String, _ text: String) -> LayerEntry {
            LayerEntry(
                TarEntry(path: name, kind: .file(size: Int64(text.utf8.count)), mode: 0o644),
                content: .bytes(Array(text.utf8)))
        }
        let large = "x = [" + String(repeating: "(1, a, {'a': b}), ", count: 200_000) + "]\n"
        let compiled = try await compiler.compile(
            [module("a.py", "x = 1\n"), module("b.py", large), module("c.py", "x = 2\n")],
            in: workshop.wheels.scratch.path)
        #expect(compiled.map(\.header.path) == ["a", "c"].map { "__pycache__/\($0).\(workshop.tag).pyc" })
    }

    // MARK: The process

    /// An interpreter that tells its process and never ends.
    private static func slow(_ workshop: BytecodeWorkshop) throws -> (interpreter: BytecodeInterpreter, pid: FilePath) {
        let pid = workshop.wheels.scratch.path.appending("pid")
        let program = try workshop.wheels.scratch.write(
            Array("#!/bin/sh\necho $$ > \(pid)\nsleep 600\n".utf8), to: "slow")
        guard chmod(program.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        return (BytecodeInterpreter(path: program, version: workshop.interpreter.version), pid)
    }

    @Test func cancellationEndsTheInterpreter() async throws {
        let workshop = try await BytecodeWorkshop()
        let (interpreter, file) = try Self.slow(workshop)
        let layer = workshop.layer([try workshop.wheels.add(Self.wheel("demo", ["demo.py": ""]))])
        let work = Task { try await workshop.maker(interpreter).make(layer) }
        let pid = try await processID(in: file)
        work.cancel()
        await #expect(throws: CancellationError.self) { try await work.value }
        try await expectEnd(of: pid)
        #expect(try FileSystem.names(in: workshop.wheels.scratch.path.appending("work")) == [])
    }

    @Test func whoTakesTooLongIsEnded() async throws {
        let workshop = try await BytecodeWorkshop()
        let (interpreter, _) = try Self.slow(workshop)
        let layer = workshop.layer([try workshop.wheels.add(Self.wheel("demo", ["demo.py": ""]))])
        let error = await #expect(throws: PythonError.self) {
            try await workshop.maker(interpreter, timeLimit: .milliseconds(100)).make(layer)
        }
        #expect(error?.code == .compilationFailed && error?.description.contains("demo-1.0-py3-none-any.whl") == true)
    }

    @Test func anInterpreterThatFailsIsToldOf() async throws {
        let workshop = try await BytecodeWorkshop()
        let program = try workshop.wheels.scratch.write(
            Array("#!/bin/sh\necho no room >&2\nexit 3\n".utf8), to: "broken")
        guard chmod(program.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        let layer = workshop.layer([try workshop.wheels.add(Self.wheel("demo", ["demo.py": ""]))])
        let broken = BytecodeInterpreter(path: program, version: workshop.interpreter.version)
        let error = await #expect(throws: PythonError.self) { try await workshop.maker(broken).make(layer) }
        #expect(error?.code == .compilationFailed && error?.message.contains("no room") == true)
    }
}
