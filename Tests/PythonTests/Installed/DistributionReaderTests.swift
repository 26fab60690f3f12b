import Diagnostics
import Layers
import OCI
import Spec
import Testing

@testable import Python

/// What a base brings, and what goes when it is replaced.
@Suite struct DistributionReaderTests {
    private static let site = "opt/venv/lib/python3.11/site-packages"

    private static func environment(platlib: String? = nil) throws -> PythonEnvironment {
        let scheme = InstallScheme(
            prefix: "/opt/venv", interpreter: "/opt/venv/bin/python", purelib: "/\(site)",
            platlib: "/\(platlib ?? site)", scripts: "/opt/venv/bin", headers: "/opt/venv/include/site/python3.11",
            data: "/opt/venv")
        let target = PythonTarget(
            version: try #require(PythonVersion("3.11.2")), platform: Platform(os: "linux", architecture: "amd64"),
            libc: .glibc(major: 2, minor: 36))
        return PythonEnvironment(
            target: target, scheme: scheme, kind: .virtual, sitePackages: [scheme.purelib])
    }

    /// A package with a module, a package directory, bytecode, a command and data outside of the site.
    private static func add(_ name: String, _ version: String, to tree: inout TreeBuilder, record: [String]) {
        let info = "\(site)/\(name)-\(version).dist-info"
        tree.text("\(info)/METADATA", "Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n\nName: none\n")
        tree.text("\(info)/INSTALLER", "pip\n")
        tree.text("\(info)/REQUESTED", "")
        let rows = record.map { "\($0),," } + ["\(name)-\(version).dist-info/RECORD,,"]
        tree.text("\(info)/RECORD", rows.joined(separator: "\r\n") + "\r\n")
    }

    @Test func distributionsAreReadByTheirMetadata() throws {
        var tree = TreeBuilder()
        Self.add("Flask_Babel", "1.0.0", to: &tree, record: [])
        tree.text("\(Self.site)/old.egg-info/PKG-INFO", "Metadata-Version: 1.0\nName: Old.Style\nVersion: 2\n")
        tree.text("\(Self.site)/older-3.egg-info", "Metadata-Version: 1.0\nName: older\nVersion: 3\n")
        // Neither a distribution nor readable.
        tree.text("\(Self.site)/empty-1.dist-info/WHEEL", "")
        tree.text("\(Self.site)/bad-1.dist-info/METADATA", "Name: bad\n\nVersion: 1\n")
        tree.text("\(Self.site)/vendor/inner-1.dist-info/METADATA", "Name: inner\nVersion: 1\n")
        tree.text("usr/lib/python3/dist-packages/six-1.dist-info/METADATA", "Name: six\nVersion: 1\n")
        let found = DistributionReader(tree: tree.tree, environment: try Self.environment()).distributions()
        #expect(found.map(\.normalizedName) == ["flask-babel", "old-style", "older"])
        #expect(found.map(\.version) == ["1.0.0", "2", "3"])
        #expect(found.map(\.metadata).last == "\(Self.site)/older-3.egg-info")
    }

    @Test func codeForOneProcessorHasADirectoryOfItsOwn() throws {
        var tree = TreeBuilder()
        tree.text("opt/venv/lib64/python3.11/site-packages/fast-1.dist-info/METADATA", "Name: fast\nVersion: 1\n")
        let environment = try Self.environment(platlib: "opt/venv/lib64/python3.11/site-packages")
        #expect(DistributionReader(tree: tree.tree, environment: environment).distributions().map(\.name) == ["fast"])
    }

    @Test func whatGoesIsWhatTheRecordLists() throws {
        var tree = TreeBuilder()
        let record = [
            "top.py", "pack/__init__.py", "pack/deep/one.py", "pack/v1.x.py", "shared/mine.py", "../../../bin/tool",
            "/opt/venv/share/top/data", "../../../share/man/linked", "never/was.py", "../../../../../../../etc/passwd",
        ]
        Self.add("top", "1.0", to: &tree, record: record)
        Self.add("other", "1.0", to: &tree, record: ["shared/theirs.py"])
        for path in [
            "top.py", "pack/__init__.py", "pack/deep/one.py", "pack/v1.x.py", "shared/mine.py", "shared/theirs.py",
            "topper.py", "pack/__pycache__/v1.x.cpython-311.pyc",
            "__pycache__/top.cpython-311.pyc", "__pycache__/topper.cpython-311.pyc",
            "pack/__pycache__/__init__.cpython-311.opt-1.pyc", "pack/deep/__pycache__/one.cpython-311.pyc",
        ] { tree.text("\(Self.site)/\(path)", "") }
        tree.program("opt/venv/bin/tool")
        tree.text("opt/venv/share/top/data", "")
        tree.text("usr/share/man/linked", "")
        tree.link("opt/venv/share/man", to: "/usr/share/man")
        tree.text("etc/passwd", "root")
        let reader = DistributionReader(tree: tree.tree, environment: try Self.environment())
        let top = try #require(reader.distributions().first { $0.name == "top" })
        let paths = try reader.paths(of: [top]).sorted()
        let info = "\(Self.site)/top-1.0.dist-info"
        let inside = [
            "__pycache__/top.cpython-311.pyc", "pack", "pack/__init__.py", "pack/__pycache__",
            "pack/__pycache__/__init__.cpython-311.opt-1.pyc", "pack/deep", "pack/deep/__pycache__",
            "pack/__pycache__/v1.x.cpython-311.pyc", "pack/deep/__pycache__/one.cpython-311.pyc", "pack/deep/one.py",
            "pack/v1.x.py", "shared/mine.py", "top.py",
        ].map { "\(Self.site)/\($0)" }
        let outside = ["etc/passwd", "opt/venv/bin/tool", "opt/venv/share/top/data", "usr/share/man/linked"]
        let own = ["", "/INSTALLER", "/METADATA", "/RECORD", "/REQUESTED"].map { info + $0 }
        #expect(paths == (inside + outside + own).sorted())

        let layer = tree.tree.layer(removing: paths, timestamp: .reproducible)
        #expect(layer.removed.contains("\(Self.site)/pack") && layer.removed.contains(info))
        // A whiteout of a directory is one of all in it.
        #expect(!layer.removed.contains { $0.hasPrefix("\(Self.site)/pack/") || $0.hasPrefix("\(info)/") })
        #expect(layer.entries.map(\.path).contains(Self.site))
    }

    @Test func whatDoesNotSayWhatIsItsOwnStays() throws {
        var tree = TreeBuilder()
        tree.text("\(Self.site)/older-3.egg-info", "Metadata-Version: 1.0\nName: older\nVersion: 3\n")
        let reader = DistributionReader(tree: tree.tree, environment: try Self.environment())
        let error = #expect(throws: PythonError.self) { try reader.paths(of: reader.distributions()) }
        #expect(error?.code == .notRemovable)
        #expect(error?.message.contains("older 3") == true)
    }

    @Test func setuptoolsListsFilesItself() throws {
        var tree = TreeBuilder()
        let info = "\(Self.site)/old-2.egg-info"
        tree.text("\(info)/PKG-INFO", "Name: old\nVersion: 2\n")
        tree.text("\(info)/installed-files.txt", "../old.py\nPKG-INFO\ninstalled-files.txt\n")
        tree.text("\(Self.site)/old.py", "")
        let reader = DistributionReader(tree: tree.tree, environment: try Self.environment())
        #expect(
            try reader.paths(of: reader.distributions()).sorted()
                == [info, "\(info)/PKG-INFO", "\(info)/installed-files.txt", "\(Self.site)/old.py"])
    }
}
