public import Diagnostics
public import Layers
public import OCI
import Spec

/// Finds the Python of an image by its files alone: nothing of the image is run, so an image of any platform will do.
///
/// It is the one that a command in a container would get: that of `VIRTUAL_ENV`, else the first `python3` or `python`
/// on `PATH`.
public struct PythonDetector: Sendable {
    private let tree: FileTree
    private let environment: [String: String]
    private let platform: Platform
    private let prefix: String?

    /// - Parameters:
    ///   - tree: the image's files.
    ///   - environment: the variables of the image's configuration.
    ///   - platform: the image's.
    ///   - prefix: the environment that is meant, by its path; nil means the one that a command would get.
    public init(tree: FileTree, environment: [String: String], platform: Platform, prefix: String? = nil) {
        self.tree = tree
        self.environment = environment
        self.platform = platform
        self.prefix = prefix
    }

    /// The image's Python environment.
    /// - Throws: `PythonError` (`interpreter_not_found`, `unsupported_interpreter`) that says where was looked.
    public func detect() throws(PythonError) -> PythonEnvironment {
        let executable = try locateExecutable()
        let name = executable.split(separator: "/").last ?? ""
        let directory = String(executable.dropLast(name.count + 1))
        guard let bin = tree.resolved(directory), let real = tree.resolved(executable) else {
            throw PythonError(.interpreterNotFound, "'/\(executable)' is a loop of symbolic links")
        }
        // CPython looks beside the executable and one directory up (PEP 405).
        let candidates = [bin, parent(of: bin)]
        let home = candidates.first { tree.entryFollowingLinks("\($0)/pyvenv.cfg") != nil }
        let configuration = home.flatMap { tree.textFollowingLinks("\($0)/pyvenv.cfg") }
            .map(VirtualEnvironmentConfiguration.init)
        let base = try baseInterpreter(real, virtual: home, configuration)
        let series = try series(of: base, executable: executable)
        let reader = InterpreterVersionReader(tree: tree, environment: environment)
        let prefix = parent(of: parent(of: base))
        guard let version = reader.version(prefix: prefix, series: series, configuration: configuration) else {
            throw PythonError(
                .unsupportedInterpreter, "the full version of '/\(base)' cannot be told",
                hints: ["none of \(InterpreterVersionReader.places) says which Python \(series) it is"])
        }
        if let made = configuration?.version, made.series != series {
            throw PythonError(
                .unsupportedInterpreter,
                "the virtual environment '/\(home ?? bin)' was made for Python \(made.series), and '/\(executable)' is \(version)",
                hints: ["make the environment anew in the base image"])
        }
        let target = PythonTarget(version: version, platform: platform, libc: try cLibrary())
        let layout = InterpreterLayout(
            tree: tree, prefix: prefix, series: series, isDebian: prefix == "usr" && reader.isDebian(series: series))
        if let home, let configuration {
            return layout.virtual(
                home, executable: "/" + executable, target: target, seesBase: configuration.includesSystemPackages)
        }
        return layout.own(executable: "/" + executable, target: target)
    }

    /// The interpreter's path, the last link not followed: scripts name it so, and a virtual environment is known by it.
    private func locateExecutable() throws(PythonError) -> String {
        if let prefix {
            let root = prefix.split(separator: "/").joined(separator: "/")
            let isVirtual = tree.entryFollowingLinks("\(root)/pyvenv.cfg") != nil
            for name in isVirtual ? ["python", "python3"] : ["python3", "python"]
            where tree.isProgram("\(root)/bin/\(name)") { return "\(root)/bin/\(name)" }
            throw PythonError(
                .interpreterNotFound, "the base has no Python environment '\(prefix)'",
                hints: broken(["\(root)/bin/python", "\(root)/bin/python3"])
                    + ["an environment is made by 'python -m venv' or 'uv venv', and its bin holds the interpreter"])
        }
        if let virtual = environment["VIRTUAL_ENV"], !virtual.isEmpty {
            let root = virtual.split(separator: "/").joined(separator: "/")
            for name in ["python", "python3"] where tree.isProgram("\(root)/bin/\(name)") {
                return "\(root)/bin/\(name)"
            }
            throw PythonError(
                .interpreterNotFound,
                "VIRTUAL_ENV names '\(virtual)', and there is no interpreter in its bin directory",
                hints: broken(["\(root)/bin/python", "\(root)/bin/python3"]) + [
                    "a virtual environment needs the Python that it was made with in the same image"
                ])
        }
        // What the kernel and shells search where nothing is set.
        let search = environment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        var tried: [String] = []
        for directory in search.split(separator: ":") {
            let directory = directory.split(separator: "/").joined(separator: "/")
            for name in ["python3", "python"] {
                if tree.isProgram("\(directory)/\(name)") { return "\(directory)/\(name)" }
                tried.append("\(directory)/\(name)")
            }
        }
        throw PythonError(
            .interpreterNotFound, "the base image has no Python: neither python3 nor python is on its PATH (\(search))",
            hints: broken(tried) + ["take a base image with Python, or set VIRTUAL_ENV or PATH in it"])
    }

    /// What to say of paths that are links into nothing.
    private func broken(_ paths: [String]) -> [String] {
        paths.compactMap { path in
            guard tree.entry(path)?.kind == .symbolicLink, tree.entryFollowingLinks(path) == nil else { return nil }
            return "'/\(path)' leads to '/\(tree.resolved(path) ?? path)', which does not exist"
        }
    }

    /// The interpreter behind a virtual environment: where its link leads, or for a copy what `home` says.
    private func baseInterpreter(
        _ real: String, virtual: String?, _ configuration: VirtualEnvironmentConfiguration?
    ) throws(PythonError) -> String {
        guard let virtual, real.hasPrefix(virtual + "/") else { return real }
        let home = configuration?.home ?? ""
        let names = ["python3", "python"] + (configuration?.version.map { ["python\($0.series)"] } ?? [])
        for name in names where tree.isProgram("\(home)/\(name)") {
            return tree.resolved("\(home)/\(name)") ?? real
        }
        throw PythonError(
            .interpreterNotFound,
            "the virtual environment '/\(virtual)' was made with the Python in '\(home)', where there is none")
    }

    /// `3.11`, by the name that the interpreter's links end in, else by its library's directory.
    private func series(of base: String, executable: String) throws(PythonError) -> String {
        let name = base.split(separator: "/").last ?? ""
        let prefix = parent(of: parent(of: base))
        guard name.hasPrefix("python") else {
            throw PythonError(
                .unsupportedInterpreter, "'/\(executable)' is '\(name)', and only CPython can be built for")
        }
        let numbers = name.dropFirst("python".count).split(separator: ".").map { Int($0) }
        if numbers.count == 2, let major = numbers[0], let minor = numbers[1], max(major, minor) <= 999 {
            return "\(major).\(minor)"
        }
        let minors = (0..<64).reversed().filter { minor in
            ["lib", "lib64"].contains { tree.entryFollowingLinks("\(prefix)/\($0)/python3.\(minor)/os.py") != nil }
        }
        guard minors.count == 1, let minor = minors.first else {
            throw PythonError(
                .unsupportedInterpreter,
                minors.isEmpty
                    ? "'/\(base)' has no standard library in '/\(prefix)/lib'"
                    : "'/\(base)' may be any of \(minors.map { "3.\($0)" }.joined(separator: ", "))",
                hints: ["if it is a wrapper, put the directory of the interpreter itself first on PATH"])
        }
        return "3.\(minor)"
    }

    private func cLibrary() throws(PythonError) -> CLibrary {
        if let glibc = tree.glibc(on: platform.architecture) { return .glibc(major: glibc.major, minor: glibc.minor) }
        let loaders = ["x86_64", "aarch64"].map { "lib/ld-musl-\($0).so.1" }
        if loaders.contains(where: { tree.entryFollowingLinks($0) != nil }) {
            // Its version shows in apk's list alone; 1.2 is what every Alpine since 2020 has.
            let installed = tree.textFollowingLinks("lib/apk/db/installed") ?? ""
            let version = SystemPackageFormat.apk.version(of: ["musl"], in: installed).flatMap { PythonVersion($0) }
            return .musl(major: version?.major ?? 1, minor: version?.minor ?? 2)
        }
        throw PythonError(
            .unsupportedInterpreter, "the base image has a Python, but no C library that is known",
            hints: ["glibc's libc.so.6 and musl's loader in /lib are looked for"])
    }
}

/// The directory that a path lies in.
func parent(of path: String) -> String { path.split(separator: "/").dropLast().joined(separator: "/") }
