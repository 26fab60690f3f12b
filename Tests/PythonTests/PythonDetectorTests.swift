import Diagnostics
import Layers
import OCI
import Spec
import Testing

@testable import Python

@Suite struct PythonDetectorTests {
    /// A kind of base and what is to be found in it.
    struct Base: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let tree: FileTree
        var environment: [String: String] = [:]
        let version: String
        let libc: String
        let kind: PythonEnvironment.Kind
        let interpreter: String
        let purelib: String
        var platlib: String?
        var scripts: String
        var prefix: String
        var marker: String?
    }

    static let bases: [Base] = [
        Base(
            testDescription: "venv on Debian", tree: debianVenv.tree, environment: ["VIRTUAL_ENV": "/opt/venv"],
            version: "3.11.2", libc: "glibc 2.36", kind: .virtual, interpreter: "/opt/venv/bin/python",
            purelib: "/opt/venv/lib/python3.11/site-packages", scripts: "/opt/venv/bin", prefix: "/opt/venv"),
        Base(
            testDescription: "venv found by PATH", tree: debianVenv.tree,
            environment: ["PATH": "/opt/venv/bin:/usr/bin"],
            version: "3.11.2", libc: "glibc 2.36", kind: .virtual, interpreter: "/opt/venv/bin/python3",
            purelib: "/opt/venv/lib/python3.11/site-packages", scripts: "/opt/venv/bin", prefix: "/opt/venv"),
        Base(
            testDescription: "venv made with copies",
            tree: TreeBuilder.debian {
                $0.program("opt/venv/bin/python3")
                $0.text("opt/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.1\n")
            }.tree, environment: ["VIRTUAL_ENV": "/opt/venv/"], version: "3.11.2", libc: "glibc 2.36", kind: .virtual,
            interpreter: "/opt/venv/bin/python3", purelib: "/opt/venv/lib/python3.11/site-packages",
            scripts: "/opt/venv/bin", prefix: "/opt/venv"),
        Base(
            testDescription: "Debian's own", tree: TreeBuilder.debian().tree, version: "3.11.2", libc: "glibc 2.36",
            kind: .system, interpreter: "/usr/bin/python3", purelib: "/usr/local/lib/python3.11/dist-packages",
            scripts: "/usr/local/bin", prefix: "/usr/local", marker: "/usr/lib/python3.11/EXTERNALLY-MANAGED"),
        Base(
            testDescription: "distroless",
            tree: {
                var tree = TreeBuilder()
                tree.program("usr/bin/python3.11")
                tree.link("usr/bin/python", to: "/usr/bin/python3.11")
                tree.text("var/lib/dpkg/status.d/libpython", "Package: libpython3.11-minimal\nVersion: 3.11.2-6\n")
                return tree.tree
            }(), version: "3.11.2", libc: "glibc 2.36", kind: .system, interpreter: "/usr/bin/python",
            purelib: "/usr/local/lib/python3.11/dist-packages", scripts: "/usr/local/bin", prefix: "/usr/local"),
        Base(
            testDescription: "plain /usr/local beside Debian's",
            tree: TreeBuilder.debian { $0.standalone("usr/local", "3.12.7") }.tree,
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], version: "3.12.7", libc: "glibc 2.36",
            kind: .standalone, interpreter: "/usr/local/bin/python3",
            purelib: "/usr/local/lib/python3.12/site-packages", scripts: "/usr/local/bin", prefix: "/usr/local"),
        Base(
            testDescription: "without headers, by PYTHON_VERSION",
            tree: {
                var tree = TreeBuilder()
                tree.standalone("usr/local", "3.10.14", headers: false)
                return tree.tree
            }(), environment: ["PYTHON_VERSION": "3.10.14"], version: "3.10.14", libc: "glibc 2.36", kind: .standalone,
            interpreter: "/usr/local/bin/python3", purelib: "/usr/local/lib/python3.10/site-packages",
            scripts: "/usr/local/bin", prefix: "/usr/local"),
        Base(
            testDescription: "Alpine",
            tree: {
                var tree = TreeBuilder(glibcMinor: nil)
                tree.program("lib/ld-musl-x86_64.so.1")
                tree.program("usr/bin/python3.12")
                tree.link("usr/bin/python3", to: "python3.12")
                tree.text("usr/lib/python3.12/EXTERNALLY-MANAGED", "")
                tree.text("lib/apk/db/installed", "P:musl\nV:1.2.5-r9\n\nC:Q1\nP:python3\nV:3.12.11-r0\n\n")
                return tree.tree
            }(), version: "3.12.11", libc: "musl 1.2", kind: .system, interpreter: "/usr/bin/python3",
            purelib: "/usr/lib/python3.12/site-packages", scripts: "/usr/bin", prefix: "/usr",
            marker: "/usr/lib/python3.12/EXTERNALLY-MANAGED"),
        Base(
            testDescription: "conda",
            tree: {
                var tree = TreeBuilder()
                tree.standalone("opt/conda", "3.11.8", headers: false)
                tree.text("opt/conda/conda-meta/python-dateutil-2.9.0-py_0.json", "{}")
                tree.text("opt/conda/conda-meta/python-3.11.8-hab00c5b_0_cpython.json", "{}")
                return tree.tree
            }(), environment: ["PATH": "/opt/conda/bin:/usr/bin"], version: "3.11.8", libc: "glibc 2.36",
            kind: .standalone, interpreter: "/opt/conda/bin/python3",
            purelib: "/opt/conda/lib/python3.11/site-packages", scripts: "/opt/conda/bin", prefix: "/opt/conda"),
        Base(
            testDescription: "venv of a Python that uv installed",
            tree: {
                var tree = TreeBuilder()
                tree.standalone("root/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu", "3.13.1")
                tree.link(
                    "app/.venv/bin/python",
                    to: "/root/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin/python3.13")
                tree.link("app/.venv/bin/python3", to: "python")
                tree.text(
                    "app/.venv/pyvenv.cfg",
                    "home = /root/.local/share/uv/python/cpython-3.13.1-linux-x86_64-gnu/bin\nversion_info = 3.13.1\n")
                return tree.tree
            }(), environment: ["VIRTUAL_ENV": "/app/.venv"], version: "3.13.1", libc: "glibc 2.36", kind: .virtual,
            interpreter: "/app/.venv/bin/python", purelib: "/app/.venv/lib/python3.13/site-packages",
            scripts: "/app/.venv/bin", prefix: "/app/.venv"),
        Base(
            testDescription: "Fedora",
            tree: {
                var tree = TreeBuilder(glibcMinor: 41)
                tree.program("usr/bin/python3.13")
                tree.link("usr/bin/python3", to: "python3.13")
                tree.text("usr/lib64/python3.13/os.py", "")
                tree.directory("usr/lib/python3.13/site-packages")
                tree.text("usr/lib64/python3.13/EXTERNALLY-MANAGED", "")
                tree.text("usr/include/python3.13/patchlevel.h", "#define PY_VERSION \"3.13.2\"\n")
                return tree.tree
            }(), version: "3.13.2", libc: "glibc 2.41", kind: .system, interpreter: "/usr/bin/python3",
            purelib: "/usr/local/lib/python3.13/site-packages",
            platlib: "/usr/local/lib64/python3.13/site-packages", scripts: "/usr/local/bin", prefix: "/usr/local",
            marker: "/usr/lib64/python3.13/EXTERNALLY-MANAGED"),
        Base(
            testDescription: "prefix behind links, several Pythons",
            tree: {
                var tree = TreeBuilder.debian { $0.standalone("usr/local", "3.9.19") }
                tree.standalone("srv/python", "3.14.0rc2")
                tree.link("opt/python", to: "../srv/python")
                tree.link("srv/python/lib64", to: "lib")
                return tree.tree
            }(), environment: ["PATH": "/nowhere:/opt/python/bin:/usr/local/bin"], version: "3.14.0rc2",
            libc: "glibc 2.36", kind: .standalone, interpreter: "/opt/python/bin/python3",
            purelib: "/srv/python/lib/python3.14/site-packages", scripts: "/srv/python/bin", prefix: "/srv/python"),
        Base(
            testDescription: "a broken link on PATH is passed over",
            tree: TreeBuilder.debian { $0.link("usr/local/bin/python3", to: "/opt/gone/bin/python3") }.tree,
            version: "3.11.2", libc: "glibc 2.36", kind: .system, interpreter: "/usr/bin/python3",
            purelib: "/usr/local/lib/python3.11/dist-packages", scripts: "/usr/local/bin", prefix: "/usr/local",
            marker: "/usr/lib/python3.11/EXTERNALLY-MANAGED"),
    ]

    static var debianVenv: TreeBuilder {
        TreeBuilder.debian {
            $0.link("opt/venv/bin/python3", to: "/usr/bin/python3")
            $0.link("opt/venv/bin/python", to: "python3")
            $0.link("opt/venv/lib64", to: "lib")
            $0.directory("opt/venv/lib/python3.11/site-packages")
            $0.text("opt/venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n")
        }
    }

    @Test func aSchemeKnowsTheLinksAndDirectoriesOfItsBase() {
        var tree = TreeBuilder.debian()
        tree.directory("usr/local/share/man")
        tree.link("usr/local/man", to: "share/man")
        tree.link("usr/local/current", to: "/usr/local/man")
        tree.link("usr/local/data", to: "/srv/data")
        tree.directory("srv/data/deep", mode: 0o700)
        tree.link("usr/local/nowhere", to: "missing")
        tree.link("usr/local/file", to: "/var/lib/dpkg/status")
        tree.link("usr/localized", to: "local")
        tree.directory("usr/local/etc", mode: 0o2775, owner: 50)
        tree.directory("usr/local/lib/python3.11/dist-packages", mode: 0o2775, owner: 50)
        tree.directory("usr/local/lib/python3.11/dist-packages/theirs", owner: 1000)
        let scheme = InstallScheme(
            prefix: "/usr/local", interpreter: "/usr/bin/python3", purelib: "/usr/local/lib/python3.11/dist-packages",
            platlib: "/usr/local/lib/python3.11/dist-packages", scripts: "/usr/local/bin",
            headers: "/usr/local/include/python3.11", data: "/usr/local"
        ).surveyed(in: tree.tree)
        #expect(
            scheme.links == [
                SchemeLink(path: "/usr/local/current", target: "/usr/local/share/man"),
                SchemeLink(path: "/usr/local/data", target: "/srv/data"),
                SchemeLink(path: "/usr/local/man", target: "/usr/local/share/man"),
            ])
        #expect(
            scheme.directories.map(\.path) == [
                "/srv/data/deep", "/usr/local/etc", "/usr/local/lib/python3.11/dist-packages",
            ])
        #expect(scheme.directories[1] == SchemeDirectory(path: "/usr/local/etc", mode: 0o2775, uid: 50, gid: 50))
    }

    @Test(arguments: bases) func findsTheInterpreter(_ base: Base) throws {
        let found = try PythonDetector(
            tree: base.tree, environment: base.environment, platform: Platform(os: "linux", architecture: "amd64")
        ).detect()
        #expect("\(found.target.version)" == base.version)
        #expect("\(found.target.libc)" == base.libc)
        #expect(found.kind == base.kind)
        #expect(found.scheme.interpreter == base.interpreter)
        #expect(found.scheme.purelib == base.purelib)
        #expect(found.scheme.platlib == base.platlib ?? base.purelib)
        #expect(found.scheme.scripts == base.scripts)
        #expect(found.scheme.prefix == base.prefix)
        #expect(found.scheme.data == base.prefix)
        #expect(found.externallyManaged == base.marker)
        #expect(found.sitePackages.first == base.purelib)
    }

    @Test func aVenvMaySeeTheSystemsPackages() throws {
        var tree = TreeBuilder.debian()
        tree.link("opt/venv/bin/python", to: "/usr/bin/python3")
        tree.text("opt/venv/pyvenv.cfg", "home = /usr/bin\ninclude-system-site-packages = true\nversion = 3.11.2\n")
        let found = try PythonDetector(
            tree: tree.tree, environment: ["VIRTUAL_ENV": "/opt/venv"], platform: Platform("linux/amd64")
        ).detect()
        #expect(
            found.sitePackages == [
                "/opt/venv/lib/python3.11/site-packages", "/usr/local/lib/python3.11/dist-packages",
                "/usr/lib/python3/dist-packages",
            ])
    }

    /// A base that cannot be built on, and what must be said of it.
    struct Trouble: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let tree: FileTree
        var environment: [String: String] = [:]
        let code: PythonErrorCode
        let words: [String]
    }

    static let troubles: [Trouble] = [
        Trouble(
            testDescription: "no Python", tree: TreeBuilder().tree, environment: ["PATH": "/usr/bin"],
            code: .interpreterNotFound, words: ["no Python", "(/usr/bin)"]),
        Trouble(
            testDescription: "broken link alone",
            tree: {
                var tree = TreeBuilder()
                tree.link("usr/bin/python3", to: "python3.11")
                return tree.tree
            }(), code: .interpreterNotFound, words: ["'/usr/bin/python3' leads to '/usr/bin/python3.11'"]),
        Trouble(
            testDescription: "VIRTUAL_ENV that is not there", tree: TreeBuilder.debian().tree,
            environment: ["VIRTUAL_ENV": "/opt/venv"], code: .interpreterNotFound, words: ["VIRTUAL_ENV", "/opt/venv"]),
        Trouble(
            testDescription: "venv without its Python",
            tree: {
                var tree = TreeBuilder()
                tree.link("opt/venv/bin/python", to: "/usr/bin/python3")
                return tree.tree
            }(), environment: ["VIRTUAL_ENV": "/opt/venv"], code: .interpreterNotFound,
            words: ["'/opt/venv/bin/python' leads to '/usr/bin/python3'"]),
        Trouble(
            testDescription: "venv of another Python",
            tree: TreeBuilder.debian {
                $0.link("opt/venv/bin/python", to: "/usr/bin/python3")
                $0.text("opt/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.9.2\n")
            }.tree, environment: ["VIRTUAL_ENV": "/opt/venv"], code: .unsupportedInterpreter,
            words: ["Python 3.9", "is 3.11.2"]),
        Trouble(
            testDescription: "unknown patch",
            tree: {
                var tree = TreeBuilder()
                tree.standalone("opt/python", "3.11.2", headers: false)
                return tree.tree
            }(), environment: ["PATH": "/opt/python/bin", "PYTHON_VERSION": "3.11"], code: .unsupportedInterpreter,
            words: ["full version", "/opt/python/bin/python3.11"]),
        Trouble(
            testDescription: "no release's number",
            tree: {
                var tree = TreeBuilder()
                tree.program("usr/bin/python3.99999999999")
                tree.link("usr/bin/python3", to: "python3.99999999999")
                return tree.tree
            }(), environment: ["PYTHON_VERSION": "3.99999999999.1"], code: .unsupportedInterpreter,
            words: ["no standard library"]),
        Trouble(
            testDescription: "C library for another processor",
            tree: {
                var tree = TreeBuilder(machine: 40)
                tree.standalone("usr", "3.11.2")
                return tree.tree
            }(), code: .unsupportedInterpreter, words: ["no C library"]),
        Trouble(
            testDescription: "PyPy",
            tree: {
                var tree = TreeBuilder()
                tree.program("usr/bin/pypy3.10")
                tree.link("usr/bin/python3", to: "pypy3.10")
                return tree.tree
            }(), code: .unsupportedInterpreter, words: ["pypy3.10", "CPython"]),
        Trouble(
            testDescription: "a shim",
            tree: {
                var tree = TreeBuilder(); tree.program("shims/python"); return tree.tree
            }(),
            environment: ["PATH": "/shims"], code: .unsupportedInterpreter, words: ["/shims/python", "wrapper"]),
        Trouble(
            testDescription: "no C library",
            tree: {
                var tree = TreeBuilder(glibcMinor: nil)
                tree.standalone("usr/local", "3.11.2")
                return tree.tree
            }(), code: .unsupportedInterpreter, words: ["no C library"]),
        Trouble(
            testDescription: "a loop of links",
            tree: {
                var tree = TreeBuilder()
                tree.link("usr/bin/python3", to: "python")
                tree.link("usr/bin/python", to: "python3")
                return tree.tree
            }(), code: .interpreterNotFound, words: ["no Python"]),
    ]

    @Test(arguments: troubles) func saysWhyABaseWillNotDo(_ trouble: Trouble) throws {
        let detector = PythonDetector(
            tree: trouble.tree, environment: trouble.environment, platform: try Platform("linux/amd64"))
        let error = #expect(throws: PythonError.self) { try detector.detect() }
        #expect(error?.code == trouble.code)
        let text = (error?.message ?? "") + (error?.hints.joined() ?? "")
        for words in trouble.words { #expect(text.contains(words), "\(text)") }
    }
}
