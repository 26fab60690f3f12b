public import Diagnostics
public import OCI

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

extension Lock {
    /// Where the wheels lie that a standard lock names by SHA-256 and URL; those that it names by a path are left out.
    /// - Throws: `PythonError` (`invalid_lock`).
    public static func wheelURLs(inPylock text: String) throws(PythonError) -> [Digest: String] {
        var urls: [Digest: String] = [:]
        for wheel in try PylockDocument(text: text, name: "pylock.toml").packages.flatMap({ $0.wheels ?? [] }) {
            guard let url = wheel.url, let hash = wheel.hashes?["sha256"],
                let digest = try? Digest(algorithm: .sha256, encoded: hash)
            else { continue }
            urls[digest] = url
        }
        return urls
    }
}

/// A basic string of TOML. Control characters cannot stand in a file name or URL that came this far.
private func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}
