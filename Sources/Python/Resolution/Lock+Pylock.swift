import OCI
public import SystemPackage

extension Lock {
    /// The lock as a standard `pylock.toml` (PEP 751), for other installers and for reading back as a manifest. It
    /// holds one wheel a package, so it says which Python and system those are for.
    public var pylockText: String { pylockText(in: nil) }

    /// The same for a file in a directory, to which directories of sources are relative. What was built from sources is
    /// named by these, since nobody else has the wheel.
    public func pylockText(in directory: FilePath?) -> String {
        var lines = [
            "lock-version = \"1.0\"", "created-by = \"cooperage\"",
            "requires-python = \"==\(target.version.series).*\"",
        ]
        if let machine = try? target.machine {
            lines.append("environments = [\"sys_platform == 'linux' and platform_machine == '\(machine)'\"]")
        }
        if packages.isEmpty { lines.append("packages = []") }
        for package in packages {
            lines += ["", "[[packages]]", "name = \(quoted(package.name))"]
            // What a directory holds may have another version tomorrow (PEP 751, packages.version).
            if case .directory = package.source {} else { lines.append("version = \(quoted(package.version))") }
            guard let source = package.source else {
                let wheel = package.wheel
                lines += file("[[packages.wheels]]", wheel.filename, wheel.url, wheel.size, wheel.digest)
                continue
            }
            lines += source.pylockLines(in: directory)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension PackageSource {
    fileprivate func pylockLines(in place: FilePath?) -> [String] {
        switch self {
        case .sdist(let archive):
            return file("[packages.sdist]", archive.filename, archive.url, archive.size, archive.digest)
        case .archive(let archive):
            return file("[packages.archive]", nil, archive.url, archive.size, archive.digest)
        case .git(let source):
            var members = ["type = \"git\"", "url = \(quoted(source.url))"]
            if let revision = source.revision { members.append("requested-revision = \(quoted(revision))") }
            members.append("commit-id = \(quoted(source.commit))")
            if let subdirectory = source.subdirectory { members.append("subdirectory = \(quoted(subdirectory))") }
            return ["vcs = { \(members.joined(separator: ", ")) }"]
        case .directory(let source):
            let path = place.map { FilePath(source.path).relative(to: $0) } ?? source.path
            return ["directory = { path = \(quoted(path))\(source.isEditable ? ", editable = true" : "") }"]
        }
    }
}

extension FilePath {
    /// The way from a directory to this path, both absolute.
    fileprivate func relative(to directory: FilePath) -> String {
        guard isAbsolute, directory.isAbsolute else { return string }
        let (own, other) = (Array(lexicallyNormalized().components), Array(directory.lexicallyNormalized().components))
        let common = zip(own, other).prefix { $0 == $1 }.count
        let steps = other.dropFirst(common).map { _ in ".." } + own.dropFirst(common).map(\.string)
        return steps.isEmpty ? "." : steps.joined(separator: "/")
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

/// The lines on a file.
private func file(_ header: String, _ name: String?, _ place: String, _ size: Int64?, _ digest: Digest) -> [String] {
    var lines = [header]
    if let name { lines.append("name = \(quoted(name))") }
    // Without a scheme it is a path, relative to the lock.
    lines.append("\(place.contains("://") ? "url" : "path") = \(quoted(place))")
    if let size { lines.append("size = \(size)") }
    return lines + ["hashes = { \(digest.algorithm.rawValue) = \(quoted(digest.encoded)) }"]
}

/// A basic string of TOML.
private func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\\", "\"": result += "\\\(scalar)"
        case _ where scalar.value < 0x20 || scalar.value == 0x7f:
            let digits = String(scalar.value, radix: 16)
            result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result + "\""
}
