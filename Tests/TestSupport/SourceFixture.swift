import Content
public import SystemPackage

/// A project of sources with a build backend of its own, so that building it needs no network. Each build writes a line
/// to a log outside of it.
public struct SourceFixture: Sendable {
    /// The distribution's name.
    public let name: String
    /// Its version.
    public let version: String
    /// What the requirements of the wheel are.
    public let requires: [String]
    /// The tag of the wheel that comes out.
    public let tag: String
    /// What the build requires.
    public let buildRequires: [String]
    /// Python that the backend runs before it writes the wheel.
    public let prelude: String

    /// Describes a project of one module.
    public init(
        _ name: String, _ version: String, tag: String = "py3-none-any", requires: [String] = [],
        buildRequires: [String] = [],
        prelude: String = ""
    ) {
        self.name = name
        self.version = version
        self.tag = tag
        self.requires = requires
        self.buildRequires = buildRequires
        self.prelude = prelude
    }

    /// Writes the project.
    /// - Parameter log: gets a line for each build.
    public func write(to directory: FilePath, log: FilePath) throws {
        try FileSystem.makeDirectory(directory)
        func list(_ names: [String]) -> String { names.map { "\"\($0)\"" }.joined(separator: ", ") }
        let project = """
            [build-system]
            requires = [\(list(buildRequires))]
            build-backend = "backend"
            backend-path = ["."]
            [project]
            name = "\(name)"
            version = "\(version)"
            dependencies = [\(list(requires))]

            """
        try FileSystem.write(project.utf8, to: directory.appending("pyproject.toml"))
        try FileSystem.write(
            "Metadata-Version: 2.1\nName: \(name)\nVersion: \(version)\n".utf8, to: directory.appending("PKG-INFO"))
        let stem = name.replacing("-", with: "_")
        try FileSystem.write("VERSION = '\(version)'\n".utf8, to: directory.appending("\(stem).py"))
        let info = "\(stem)-\(version).dist-info"
        let requirements = requires.map { "Requires-Dist: \($0)\\n" }.joined()
        let backend = """
            import os, zipfile
            def build_wheel(directory, config_settings=None, metadata_directory=None):
                with open("\(log)", "a") as log: log.write("built " + " ".join(sorted(os.environ)) + "\\n")
                \(prelude.replacing("\n", with: "\n    "))
                here = os.path.dirname(os.path.abspath(__file__))
                os.makedirs(os.path.join(here, "build"), exist_ok=True)
                with open(os.path.join(here, "build", "left"), "w") as left: left.write("behind")
                with zipfile.ZipFile(os.path.join(directory, "\(stem)-\(version)-\(tag).whl"), "w") as wheel:
                    def add(name, text): wheel.writestr(zipfile.ZipInfo(name), text)
                    add("\(stem).py", open(os.path.join(here, "\(stem).py")).read())
                    add("\(info)/METADATA", "Metadata-Version: 2.1\\nName: \(name)\\nVersion: \(version)\\n\(requirements)")
                    add("\(info)/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: \(tag)\\n")
                    add("\(info)/RECORD", "")
                return "\(stem)-\(version)-\(tag).whl"

            """
        try FileSystem.write(backend.utf8, to: directory.appending("backend.py"))
    }

    /// Writes a source distribution.
    /// - Returns: its path.
    @discardableResult
    public func writeDistribution(to directory: FilePath, log: FilePath) throws -> FilePath {
        let scratch = try TemporaryDirectory()
        let stem = "\(name.replacing("-", with: "_"))-\(version)"
        try write(to: scratch.path.appending(stem), log: log)
        try FileSystem.makeDirectory(directory)
        let file = directory.appending("\(stem).tar.gz")
        try run("tar", ["-czf", file.string, "-C", scratch.path.string, stem])
        return file
    }

    /// Makes the project a git repository.
    /// - Returns: its commit.
    @discardableResult
    public func writeRepository(to directory: FilePath, log: FilePath) throws -> String {
        try write(to: directory, log: log)
        func git(_ arguments: [String]) throws -> [UInt8] {
            try run(
                "git",
                ["-C", directory.string, "-c", "user.name=test", "-c", "user.email=test@example.org"] + arguments)
        }
        _ = try git(["init", "--quiet", "--initial-branch", "main"])
        _ = try git(["add", "."])
        _ = try git(["commit", "--quiet", "--message", "first"])
        return String(decoding: try git(["rev-parse", "HEAD"]), as: UTF8.self).filter { $0 != "\n" }
    }
}
