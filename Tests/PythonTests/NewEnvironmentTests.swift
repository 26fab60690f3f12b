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

/// Virtual environments, against those that their makers write on this machine.
@Suite struct NewEnvironmentTests {
    private static let amd64 = Platform(os: "linux", architecture: "amd64")

    private static func made(
        _ wanted: VirtualEnvironment, in tree: FileTree = TreeBuilder.debian().tree, path: String = "/usr/bin:/bin"
    ) throws -> NewEnvironment {
        try NewEnvironment(wanted, in: tree, variables: ["PATH": path], platform: amd64)
    }

    /// A tree that has this machine's Python where this machine has it.
    private static func machine() throws -> (tree: FileTree, series: String) {
        let program = "import sys; print('%d.%d.%d' % sys.version_info[:3])"
        let version = String(decoding: try run("/usr/bin/python3", ["-c", program]), as: UTF8.self)
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let series = version.split(separator: ".").prefix(2).joined(separator: ".")
        var tree = TreeBuilder()
        tree.program("usr/bin/python\(series)")
        tree.link("usr/bin/python3", to: "python\(series)")
        tree.text("usr/lib/python\(series)/os.py", "")
        tree.directory("usr/lib/python3/dist-packages")
        tree.text("usr/include/python\(series)/patchlevel.h", "#define PY_VERSION \"\(version)\"\n")
        return (tree.tree, series)
    }

    /// What lies in a directory: links with their targets, files with their text.
    private static func content(_ root: FilePath) throws -> [String: String] {
        var found: [String: String] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: root.string) {
            let place = root.pushing(FilePath(path))
            switch try FileSystem.status(place, followingLinks: false)?.kind {
            case .symbolicLink: found[path] = "to \(try FileSystem.linkTarget(place))"
            case .directory: found[path] = "directory"
            default: found[path] = String(decoding: try FileSystem.read(place), as: UTF8.self)
            }
        }
        return found
    }

    private static func content(_ made: NewEnvironment) -> [String: String] {
        var found = Dictionary(uniqueKeysWithValues: made.directories.map { ($0, "directory") })
        for entry in made.entries { found[entry.path] = entry.isLink ? "to \(entry.text)" : entry.text }
        return found
    }

    @Test(arguments: [VirtualEnvironment.Maker.venv, .uv], [false, true])
    func isTheOneThatItsMakerWrites(_ maker: VirtualEnvironment.Maker, seesBase: Bool) throws {
        let scratch = try TemporaryDirectory()
        // Directories of tests lie behind links on some machines, and makers write the path as it is given.
        let path = scratch.path.appending("env")
        let options = seesBase ? ["--system-site-packages"] : []
        let (tree, series) = try Self.machine()
        switch maker {
        case .venv: try run("/usr/bin/python3", ["-m", "venv", "--without-pip"] + options + [path.string])
        default:
            try run(
                "uv", ["venv", "--quiet", "--no-project", "--python", "/usr/bin/python3"] + options + [path.string])
        }
        var theirs = try Self.content(path)
        var ours = Self.content(
            try Self.made(
                VirtualEnvironment(
                    path: path.string, maker: maker, program: maker == .venv ? "python3" : nil, seesBase: seesBase),
                in: tree))
        // Scripts for other shells, and a script of ours for the usual ones, which is tested by running it.
        #expect(ours.removeValue(forKey: "bin/activate") != nil)
        theirs = theirs.filter { name, _ in
            !["bin/activate", "bin/Activate", "bin/deactivate", "bin/pydoc"].contains { name.hasPrefix($0) }
        }
        // Lines that tell of the maker's own version, or repeat its command line.
        func told(_ text: String?) -> [Substring] {
            (text ?? "").split(separator: "\n").filter { !$0.hasPrefix("uv = ") && !$0.hasPrefix("command = ") }
                .sorted()
        }
        #expect(told(ours.removeValue(forKey: "pyvenv.cfg")) == told(theirs.removeValue(forKey: "pyvenv.cfg")))
        #expect(ours == theirs)
        #expect(ours["lib/python\(series)/site-packages"] == "directory")
    }

    @Test func itsScriptActivatesAndGoes() throws {
        let scratch = try TemporaryDirectory()
        let path = scratch.path.appending("it's here").string
        let made = try Self.made(VirtualEnvironment(path: path, prompt: "name"))
        let text = try #require(made.entries.first { $0.path == "bin/activate" }?.text)
        let script = try scratch.write(Array(text.utf8), to: "it's here/bin/activate")
        let program = """
            set -eu; PATH=/usr/bin:/bin; PS1='$ '; PYTHONHOME=/x; . "$1"
            echo "$VIRTUAL_ENV|$PATH|$PS1|${PYTHONHOME:-none}"; deactivate
            echo "${VIRTUAL_ENV:-none}|$PATH|$PS1|$PYTHONHOME"
            """
        for shell in ["sh", "bash"] {
            let output = try run(shell, ["-c", program, "test", script.string])
            #expect(
                String(decoding: output, as: UTF8.self)
                    == "\(path)|\(path)/bin:/usr/bin:/bin|(name) $ |none\nnone|/usr/bin:/bin|$ |/x\n")
        }
    }

    @Test func packagesGoIntoIt() throws {
        let environment = try Self.made(VirtualEnvironment(path: "/opt/venv", maker: .uv)).environment
        #expect(environment.kind == .virtual)
        #expect(environment.target.version.description == "3.11.2")
        #expect(environment.scheme.purelib == "/opt/venv/lib/python3.11/site-packages")
        #expect(environment.scheme.platlib == environment.scheme.purelib)
        #expect(environment.scheme.interpreter == "/opt/venv/bin/python")
        #expect(environment.scheme.links == [SchemeLink(path: "/opt/venv/lib64", target: "/opt/venv/lib")])
        #expect(environment.sitePackages == [environment.scheme.purelib])
        let seeing = try Self.made(VirtualEnvironment(path: "/v", seesBase: true)).environment
        #expect(seeing.sitePackages.last == "/usr/lib/python3/dist-packages")
    }

    @Test func linksOfTheBaseAreFollowed() throws {
        let tree = TreeBuilder.debian { builder in
            builder.directory("srv/data")
            builder.link("data", to: "/srv/data")
        }
        let environment = try Self.made(VirtualEnvironment(path: "/data/venv"), in: tree.tree).environment
        #expect(environment.scheme.prefix == "/srv/data/venv")
        // What programs are called by stays as it was written.
        #expect(environment.scheme.interpreter == "/data/venv/bin/python")
    }

    @Test func anEnvironmentInAnotherOneIsMadeWithTheInterpreterBehindIt() throws {
        let tree = TreeBuilder.debian { builder in
            builder.link("opt/venv/bin/python", to: "/usr/bin/python3")
            builder.text("opt/venv/pyvenv.cfg", "home = /usr/bin\nversion = 3.11.2\n")
        }
        let made = try Self.made(VirtualEnvironment(path: "/v"), in: tree.tree, path: "/opt/venv/bin:/usr/bin")
        #expect(Self.content(made)["bin/python3"] == "to /usr/bin/python3")
        #expect(Self.content(made)["pyvenv.cfg"]?.hasPrefix("home = /usr/bin\n") == true)
    }

    @Test func otherInterpretersAreFound() throws {
        let tree = TreeBuilder.debian { $0.standalone("usr/local", "3.13.1") }.tree
        let made = try Self.made(
            VirtualEnvironment(path: "/v", program: "/usr/local/bin/python3", version: "3.13"), in: tree)
        #expect(Self.content(made)["bin/python3"] == "to /usr/local/bin/python3")
        #expect(made.environment.target.version.description == "3.13.1")
        // From 3.13 on git passes environments over.
        #expect(Self.content(made)[".gitignore"] != nil)
    }

    @Test(arguments: [
        (
            VirtualEnvironment(path: "/v", version: "3.12"),
            "'/v' is to be made with Python 3.12, and the base has 3.11.2"
        ),
        (VirtualEnvironment(path: "/v", version: "3.1"), "'/v' is to be made with Python 3.1, and the base has 3.11.2"),
        (
            VirtualEnvironment(path: "/v", program: "python"),
            "the base has no 'python' in '/usr/bin', which is to make '/v'"
        ),
        (
            VirtualEnvironment(path: "/v", program: "/x/python3"),
            "'/x/python3', which is to make '/v', is not in the base"
        ),
        (VirtualEnvironment(path: "/there"), "the base has a virtual environment '/there' already"),
    ])
    func refuses(_ wanted: VirtualEnvironment, _ message: String) throws {
        let tree = TreeBuilder.debian { $0.text("there/pyvenv.cfg", "home = /usr/bin\n") }.tree
        let error = #expect(throws: PythonError.self) { try Self.made(wanted, in: tree) }
        #expect(error?.message == message)
    }

    @Test func packagesOfOneUserGoToTheHome() throws {
        let tree = TreeBuilder.debian().tree
        let environment = try PythonDetector(tree: tree, environment: ["PATH": "/usr/bin"], platform: Self.amd64)
            .detect().forUser("/root/.local", in: tree)
        #expect(environment.scheme.purelib == "/root/.local/lib/python3.11/site-packages")
        #expect(environment.scheme.scripts == "/root/.local/bin")
        #expect(environment.scheme.interpreter == "/usr/bin/python3")
        #expect(environment.sitePackages.prefix(2).last == "/usr/local/lib/python3.11/dist-packages")
    }
}
