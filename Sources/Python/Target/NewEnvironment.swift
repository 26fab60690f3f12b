public import Diagnostics
public import Layers
public import OCI
public import Spec

/// A virtual environment as its maker leaves it, without the installers that some makers put into it: what it holds, and
/// the place for packages that it is.
public struct NewEnvironment: Sendable, Hashable, Codable {
    /// A file or link of it.
    public struct Entry: Sendable, Hashable, Codable {
        /// The path below the environment's.
        public var path: String
        /// What it holds, or for a link where it leads.
        public var text: String
        /// Whether it is a link.
        public var isLink: Bool
    }

    /// Its files and links, sorted by path. They stand in directories of their own, which have to be made.
    public var entries: [Entry]
    /// Its directories, sorted by path.
    public var directories: [String]
    /// Where packages go that are installed into it.
    public var environment: PythonEnvironment

    /// Works out an environment.
    /// - Parameters:
    ///   - wanted: which.
    ///   - tree: the base's files.
    ///   - variables: those of the base's configuration.
    ///   - platform: the base's.
    /// - Throws: `PythonError` (`interpreter_not_found`, `unsupported_interpreter`).
    public init(
        _ wanted: VirtualEnvironment, in tree: FileTree, variables: [String: String], platform: Platform
    ) throws(PythonError) {
        guard tree.entryFollowingLinks(wanted.path + "/pyvenv.cfg") == nil else {
            throw PythonError(
                .unsupportedInterpreter, "the base has a virtual environment '\(wanted.path)' already",
                hints: ["install into it without making it, or choose another path"])
        }
        let program = try Program(wanted, in: tree, variables: variables, platform: platform)
        let base = program.environment
        let series = base.target.version.series
        let root = tree.resolved(wanted.path) ?? wanted.path
        let layout = InterpreterLayout(tree: tree, prefix: "", series: series, isDebian: false)
        environment = layout.virtual(
            root, executable: wanted.path + "/bin/python", target: base.target, seesBase: false)
        environment.scheme = environment.scheme.surveyed(in: tree)
        if wanted.maker != .virtualenv {
            let prefix = environment.scheme.prefix
            environment.scheme.links = [SchemeLink(path: "\(prefix)/lib64", target: "\(prefix)/lib")]
        }
        if wanted.seesBase { environment.sitePackages += base.sitePackages }

        directories = ["bin", "lib", "lib/python\(series)", "lib/python\(series)/site-packages"]
        if wanted.maker == .venv { directories += ["include", "include/python\(series)"] }
        directories.sort()
        entries = Self.links(wanted.maker, program, series: series).map { Entry(path: $0, text: $1, isLink: true) }
        var files = [
            ("pyvenv.cfg", program.configuration(of: wanted)),
            ("bin/activate", Self.activation(of: wanted)),
        ]
        if wanted.maker != .venv {
            // What backups and git pass over.
            files += [(".gitignore", "*"), ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55")]
        }
        if wanted.maker == .venv, base.target.version.minor >= 13 {
            files.append(
                (".gitignore", "# Created by venv; see https://docs.python.org/3/library/venv.html\n*\n"))
        }
        entries += files.map { Entry(path: $0, text: $1, isLink: false) }
        entries.sort { LayerPath.precedes($0.path, $1.path) }
    }

    private static func links(
        _ maker: VirtualEnvironment.Maker, _ program: Program, series: String
    ) -> [(path: String, target: String)] {
        let names = ["python", "python3", "python\(series)"]
        // venv names the first link as the interpreter is named, and the others lead there.
        let first = maker == .venv ? program.name : "python"
        var links = [(path: "bin/\(first)", target: program.path)]
        links += names.filter { $0 != first }.map { (path: "bin/\($0)", target: first) }
        if maker != .virtualenv { links.append((path: "lib64", target: "lib")) }
        return links
    }

    /// What `. bin/activate` does in shells of POSIX: the environment's programs come first until `deactivate`.
    private static func activation(of wanted: VirtualEnvironment) -> String {
        let quoted = "'" + wanted.path.replacing("'", with: "'\"'\"'") + "'"
        let name = wanted.prompt ?? wanted.path.split(separator: "/").last.map(String.init) ?? ""
        let prompt = "'" + "(\(name)) ".replacing("'", with: "'\"'\"'") + "'"
        return """
            # Read by '. bin/activate'; it cannot be run.

            deactivate () {
                if [ -n "${_OLD_VIRTUAL_PATH:-}" ] ; then
                    PATH="$_OLD_VIRTUAL_PATH"
                    export PATH
                    unset _OLD_VIRTUAL_PATH
                fi
                if [ -n "${_OLD_VIRTUAL_PYTHONHOME:-}" ] ; then
                    PYTHONHOME="$_OLD_VIRTUAL_PYTHONHOME"
                    export PYTHONHOME
                    unset _OLD_VIRTUAL_PYTHONHOME
                fi
                if [ -n "${_OLD_VIRTUAL_PS1:-}" ] ; then
                    PS1="$_OLD_VIRTUAL_PS1"
                    export PS1
                    unset _OLD_VIRTUAL_PS1
                fi
                unset VIRTUAL_ENV VIRTUAL_ENV_PROMPT
                hash -r 2> /dev/null || true
                if [ "${1:-}" != nondestructive ] ; then
                    unset -f deactivate
                fi
            }

            deactivate nondestructive

            VIRTUAL_ENV=\(quoted)
            export VIRTUAL_ENV
            _OLD_VIRTUAL_PATH="$PATH"
            PATH="$VIRTUAL_ENV/bin:$PATH"
            export PATH
            if [ -n "${PYTHONHOME:-}" ] ; then
                _OLD_VIRTUAL_PYTHONHOME="$PYTHONHOME"
                unset PYTHONHOME
            fi
            if [ -z "${VIRTUAL_ENV_DISABLE_PROMPT:-}" ] ; then
                _OLD_VIRTUAL_PS1="${PS1:-}"
                VIRTUAL_ENV_PROMPT=\(prompt)
                export VIRTUAL_ENV_PROMPT
                PS1="$VIRTUAL_ENV_PROMPT${PS1:-}"
                export PS1
            fi
            hash -r 2> /dev/null || true

            """
    }
}

/// The interpreter that an environment is made with.
private struct Program {
    /// As it is called, absolute.
    let path: String
    /// Where its links end, absolute.
    let real: String
    let environment: PythonEnvironment

    var name: String { path.split(separator: "/").last.map(String.init) ?? "" }
    private var directory: String { "/" + parent(of: path) }

    init(
        _ wanted: VirtualEnvironment, in tree: FileTree, variables: [String: String], platform: Platform
    ) throws(PythonError) {
        var variables = variables
        if let program = wanted.program, program.hasPrefix("/") {
            guard tree.isProgram(program) else {
                throw PythonError(
                    .interpreterNotFound, "'\(program)', which is to make '\(wanted.path)', is not in the base")
            }
            variables["PATH"] = "/" + parent(of: program)
            variables["VIRTUAL_ENV"] = nil
        }
        environment = try PythonDetector(tree: tree, environment: variables, platform: platform).detect()
        if let version = wanted.version, !Self.matches("\(environment.target.version)", version) {
            throw PythonError(
                .unsupportedInterpreter,
                "'\(wanted.path)' is to be made with Python \(version), and the base has \(environment.target.version)",
                hints: ["take a base with that Python: none is fetched"])
        }
        var interpreter = environment.scheme.interpreter
        if environment.kind == .virtual {
            // An environment that is made in another one is made with the interpreter behind it.
            let text = tree.textFollowingLinks("\(environment.scheme.prefix)/pyvenv.cfg") ?? ""
            let home = VirtualEnvironmentConfiguration(text).home ?? "/usr/bin"
            let name = ["python3", "python"].first { tree.isProgram("\(home)/\($0)") }
            interpreter = "\(home)/\(name ?? "python3")"
        }
        let name = wanted.program.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
        let start = "/" + parent(of: interpreter)
        if let name, !tree.isProgram("\(start)/\(name)") {
            throw PythonError(
                .interpreterNotFound, "the base has no '\(name)' in '\(start)', which is to make '\(wanted.path)'",
                hints: ["its Python is '\(interpreter)'"])
        }
        path = name.map { "\(start)/\($0)" } ?? interpreter
        real = "/" + (tree.resolved(path) ?? path)
    }

    private static func matches(_ version: String, _ wanted: String) -> Bool {
        version == wanted || version.hasPrefix(wanted + ".")
    }

    /// `pyvenv.cfg`, but for what names the maker's own version.
    func configuration(of wanted: VirtualEnvironment) -> String {
        let seesBase = wanted.seesBase ? "true" : "false"
        let version = environment.target.version
        guard wanted.maker == .venv else {
            let lines = [
                "home = \(directory)", "implementation = CPython", "version_info = \(version)",
                "include-system-site-packages = \(seesBase)",
            ]
            return (lines + (wanted.prompt.map { ["prompt = \($0)"] } ?? [])).map { $0 + "\n" }.joined()
        }
        var lines = [
            "home = \(directory)", "include-system-site-packages = \(seesBase)", "version = \(version)",
        ]
        if let prompt = wanted.prompt { lines.append("prompt = '\(prompt)'") }
        if version.minor >= 11 {
            let options = wanted.seesBase ? "--system-site-packages " : ""
            lines += ["executable = \(real)", "command = \(path) -m venv \(options)\(wanted.path)"]
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
