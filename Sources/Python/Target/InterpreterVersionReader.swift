import Layers

/// Finds out the full version of an interpreter without running it: from what its headers, its package or its
/// environment say.
struct InterpreterVersionReader {
    let tree: FileTree
    let environment: [String: String]

    /// The places that were looked at, for a message.
    static let places = "patchlevel.h, dpkg's, apk's and conda's records, pyvenv.cfg and PYTHON_VERSION"

    /// The full version.
    /// - Parameters:
    ///   - prefix: where the interpreter is installed, without a leading slash.
    ///   - series: `3.11`.
    ///   - configuration: of the virtual environment around it. It may be older than the interpreter.
    func version(prefix: String, series: String, configuration: VirtualEnvironmentConfiguration?) -> PythonVersion? {
        let found =
            header(prefix: prefix, series: series) ?? conda(prefix: prefix, series: series)
            ?? (prefix == "usr" ? dpkg(series: series) ?? apk() : nil)
        return [found, configuration?.version, environment["PYTHON_VERSION"].flatMap { PythonVersion($0) }]
            .compactMap(\.self).first { $0.series == series }
    }

    /// Whether the interpreter in `/usr` is Debian's, which installs into `/usr/local` and `dist-packages`.
    func isDebian(series: String) -> Bool {
        tree.entry("usr/lib/python3/dist-packages") != nil || dpkg(series: series) != nil
    }

    /// `#define PY_VERSION "3.11.2+"`
    private func header(prefix: String, series: String) -> PythonVersion? {
        guard let text = tree.textFollowingLinks("\(prefix)/include/python\(series)/patchlevel.h") else { return nil }
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count >= 3, words[0] == "#define", words[1] == "PY_VERSION" else { continue }
            return PythonVersion(words[2].drop { $0 == "\"" })
        }
        return nil
    }

    /// `conda-meta/python-3.11.8-hab00c5b_0_cpython.json`
    private func conda(prefix: String, series: String) -> PythonVersion? {
        let start = "\(prefix)/conda-meta/python-"
        return tree.textPaths.lazy.filter { $0.hasPrefix(start) }
            .compactMap { PythonVersion($0.dropFirst(start.count)) }.first { $0.series == series }
    }

    /// The package python3.11-minimal, in dpkg's list or, in distroless images, in a file of its own.
    private func dpkg(series: String) -> PythonVersion? {
        let packages: Set<Substring> = ["python\(series)-minimal"[...], "libpython\(series)-minimal"[...]]
        let lists = ["var/lib/dpkg/status"] + tree.textPaths.filter { $0.hasPrefix("var/lib/dpkg/status.d/") }
        for list in lists {
            guard let text = tree.text(list) else { continue }
            if let version = SystemPackageFormat.dpkg.version(of: packages, in: text) { return PythonVersion(version) }
        }
        return nil
    }

    private func apk() -> PythonVersion? {
        ["lib/apk/db/installed", "usr/lib/apk/db/installed"].lazy.compactMap { tree.text($0) }
            .compactMap { SystemPackageFormat.apk.version(of: ["python3"], in: $0).flatMap { PythonVersion($0) } }.first
    }
}

extension FileTree {
    /// The path that a path leads to, without a leading slash; nil for a loop of links.
    func resolved(_ path: String) -> String? { PathResolver.resolve(path, in: entry) }

    /// What a path leads to.
    func entryFollowingLinks(_ path: String) -> IndexedEntry? { resolved(path).flatMap(entry) }

    /// The text of the file that a path leads to.
    func textFollowingLinks(_ path: String) -> String? { resolved(path).flatMap(text) }

    /// Whether a path leads to a file that may be executed.
    func isProgram(_ path: String) -> Bool {
        guard let entry = entryFollowingLinks(path) else { return false }
        return (entry.kind == .file || entry.kind == .hardLink) && entry.mode & 0o111 != 0
    }

    /// Whether a path leads to a directory. Layers need not list the parents of what they hold.
    func isDirectory(_ path: String) -> Bool { entryFollowingLinks(path)?.kind == .directory }
}
