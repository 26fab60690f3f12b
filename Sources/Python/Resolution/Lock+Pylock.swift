import Content
public import Diagnostics
public import OCI
public import SystemPackage

extension Lock {
    /// The lock as a standard `pylock.toml` (PEP 751), for other installers and for reading back as a manifest. It
    /// holds one wheel a package, so it says which Python and system those are for.
    public var pylockText: String { pylockText(in: nil) }

    /// The same for a file in a directory, to which directories of sources are relative. What was built from sources is
    /// named by these, since nobody else has the wheel.
    public func pylockText(in directory: FilePath?) -> String { PylockWriter([self], in: directory).text }

    /// The locks of several platforms as one standard lock. Where they differ, markers say which system a package is for.
    /// - Parameter directory: where the lock will lie: wheels of this machine are named by paths relative to it, so that
    ///   both can be moved together; nil names them by their URLs.
    /// - Throws: `PythonError` (`invalid_lock`) if the locks are for different versions of Python.
    public static func pylockText(of locks: [Lock], in directory: FilePath? = nil) throws -> String {
        let series = Set(locks.map(\.target.version.series)).sorted()
        guard series.count <= 1 else {
            throw PythonError(
                .invalidLock, "one lock cannot be for Python \(series.joined(separator: " and "))",
                hints: ["lock for one --platform at a time, each into a file of its own"])
        }
        return PylockWriter(
            try directory.map { directory in try locks.map { try $0.relative(to: directory) } } ?? locks,
            in: try directory.map { try FileSystem.absolute($0) }
        ).text
    }

    private func relative(to directory: FilePath) throws -> Lock {
        let directory = try FileSystem.absolute(directory)
        var lock = self
        for number in lock.packages.indices {
            let url = lock.packages[number].wheel.url
            guard url.hasPrefix("file://") else { continue }
            let path = FilePath(PercentEncoding.decoded(url.dropFirst("file://".count)))
            lock.packages[number].wheel.url = path.relative(to: directory)
        }
        return lock
    }
}

/// Writes locks of one version of Python, one for each platform.
private struct PylockWriter {
    private let locks: [Lock]
    private let directory: FilePath?

    /// - Parameter directory: to which directories of sources are relative.
    init(_ locks: [Lock], in directory: FilePath?) {
        self.locks = locks
        self.directory = directory
    }

    /// A version of a package with the locks that have it.
    private struct Entry {
        let name: String
        let version: String
        /// Nil for wheels.
        let source: PackageSource?
        var wheels: [LockedWheel] = []
        var markers: [String] = []

        init(_ package: LockedPackage) { (name, version, source) = (package.name, package.version, package.source) }

        func isOf(_ package: LockedPackage) -> Bool {
            name == package.name && version == package.version && source == package.source
        }
    }

    private static func marker(_ lock: Lock) -> String? {
        (try? lock.target.machine).map { "platform_machine == '\($0)'" }
    }

    private var entries: [Entry] {
        var entries: [Entry] = []
        for lock in locks {
            for package in lock.packages {
                let place = entries.firstIndex { $0.isOf(package) } ?? entries.endIndex
                if place == entries.endIndex { entries.append(Entry(package)) }
                let isKnown = entries[place].wheels.contains { $0.digest == package.wheel.digest }
                if !isKnown, package.source == nil { entries[place].wheels.append(package.wheel) }
                entries[place].markers += [Self.marker(lock)].compactMap(\.self)
            }
        }
        return entries.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
    }

    var text: String {
        var lines = ["lock-version = \"1.0\"", "created-by = \"cooperage\""]
        if let target = locks.first?.target { lines.append("requires-python = \"==\(target.version.series).*\"") }
        let environments = locks.compactMap(Self.marker).map { "\"sys_platform == 'linux' and \($0)\"" }
        if !environments.isEmpty { lines.append("environments = [\(environments.joined(separator: ", "))]") }
        let entries = entries
        if entries.isEmpty { lines.append("packages = []") }
        for entry in entries {
            lines += ["", "[[packages]]", "name = \(quoted(entry.name))"]
            // What a directory holds may have another version tomorrow (PEP 751, packages.version).
            if case .directory = entry.source {} else { lines.append("version = \(quoted(entry.version))") }
            if entry.markers.count < locks.count, !entry.markers.isEmpty {
                lines.append("marker = \(quoted(entry.markers.joined(separator: " or ")))")
            }
            lines += entry.source?.pylockLines(in: directory) ?? []
            for wheel in entry.wheels {
                lines += file("[[packages.wheels]]", wheel.filename, wheel.url, wheel.size, wheel.digest)
            }
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
func quoted(_ text: String) -> String {
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
