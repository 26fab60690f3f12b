/// A `pyvenv.cfg`, which makes a directory a virtual environment (PEP 405): `key = value` lines.
struct VirtualEnvironmentConfiguration {
    private let values: [String: String]

    init(_ text: String) {
        var values: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            values[trimmed(parts[0]).lowercased()] = trimmed(parts[1])
        }
        self.values = values
    }

    /// The directory of the interpreter that the environment was made with.
    var home: String? { values["home"] }

    /// The interpreter's version when the environment was made: venv writes `version`, virtualenv and uv
    /// `version_info`.
    var version: PythonVersion? { (values["version_info"] ?? values["version"]).flatMap { PythonVersion($0) } }

    /// Whether the interpreter's own packages are seen, too.
    var includesSystemPackages: Bool { values["include-system-site-packages"]?.lowercased() == "true" }
}

private func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return String(text)
}
