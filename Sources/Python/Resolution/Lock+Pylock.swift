import OCI

extension Lock {
    /// The lock as a standard `pylock.toml` (PEP 751), for other installers and for reading back as a manifest. It
    /// holds one wheel a package, so it says which Python and system those are for.
    public var pylockText: String {
        var lines = [
            "lock-version = \"1.0\"", "created-by = \"cooperage\"",
            "requires-python = \"==\(target.version.series).*\"",
        ]
        if let machine = try? target.machine {
            lines.append("environments = [\"sys_platform == 'linux' and platform_machine == '\(machine)'\"]")
        }
        if packages.isEmpty { lines.append("packages = []") }
        for package in packages {
            lines += [
                "", "[[packages]]", "name = \(quoted(package.name))", "version = \(quoted(package.version))",
                "[[packages.wheels]]", "name = \(quoted(package.wheel.filename))",
                // Without a scheme it is a path, relative to the lock.
                "\(package.wheel.url.contains("://") ? "url" : "path") = \(quoted(package.wheel.url))",
            ]
            if let size = package.wheel.size { lines.append("size = \(size)") }
            let digest = package.wheel.digest
            lines.append("hashes = { \(digest.algorithm.rawValue) = \(quoted(digest.encoded)) }")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension InstalledDistribution {
    /// A pylock file of versions alone, which uv takes for those to prefer.
    static func preferences(_ installed: [InstalledDistribution]) -> String {
        let known = Dictionary(installed.map { ($0.name, $0.version) }, uniquingKeysWith: { first, _ in first })
        // A version that is none would have uv refuse the file.
        let packages = known.filter { isVersion($0.value) }.sorted { $0.key < $1.key }.flatMap { name, version in
            ["", "[[packages]]", "name = \(quoted(name))", "version = \(quoted(version))"]
        }
        return (["lock-version = \"1.0\"", "created-by = \"cooperage\""] + packages).joined(separator: "\n") + "\n"
    }

    /// Whether a text is a version (version specifiers, appendix "Parsing version strings with regular expressions").
    private static func isVersion(_ text: String) -> Bool {
        let pattern =
            /v?(\d+!)?\d+(\.\d+)*([-_.]?(alpha|a|beta|b|preview|pre|c|rc)[-_.]?\d*)?(-\d+|[-_.]?(post|rev|r)[-_.]?\d*)?([-_.]?dev[-_.]?\d*)?(\+[a-z0-9]+([-_.][a-z0-9]+)*)?/
        return text.lowercased().wholeMatch(of: pattern) != nil
    }
}

/// A basic string of TOML. Control characters cannot stand in a file name or URL that came this far.
private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}
