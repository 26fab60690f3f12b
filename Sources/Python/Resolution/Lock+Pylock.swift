import Content
public import Diagnostics
public import OCI
public import SystemPackage

extension Lock {
    /// The lock as a standard `pylock.toml` (PEP 751), for other installers and for reading back as a manifest. It
    /// holds one wheel a package, so it says which Python and system those are for.
    public var pylockText: String { PylockWriter([self]).text }

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
            try directory.map { directory in try locks.map { try $0.relative(to: directory) } } ?? locks
        )
        .text
    }

    private func relative(to directory: FilePath) throws -> Lock {
        let directory = try FileSystem.absolute(directory)
        var lock = self
        for number in lock.packages.indices {
            let url = lock.packages[number].wheel.url
            guard url.hasPrefix("file://") else { continue }
            let path = FilePath(PercentEncoding.decoded(url.dropFirst("file://".count)))
            lock.packages[number].wheel.url = Self.relative(path, to: directory)
        }
        return lock
    }

    private static func relative(_ path: FilePath, to directory: FilePath) -> String {
        let (parts, start) = (path.components.map(\.string), directory.components.map(\.string))
        let common = zip(parts, start).prefix { $0 == $1 }.count
        return (Array(repeating: "..", count: start.count - common) + parts.dropFirst(common)).joined(separator: "/")
    }
}

/// Writes locks of one version of Python, one for each platform.
private struct PylockWriter {
    private let locks: [Lock]

    init(_ locks: [Lock]) { self.locks = locks }

    /// A version of a package with the locks that have it.
    private struct Entry {
        let name: String
        let version: String
        var wheels: [LockedWheel]
        var markers: [String]
    }

    private static func marker(_ lock: Lock) -> String? {
        (try? lock.target.machine).map { "platform_machine == '\($0)'" }
    }

    private var entries: [Entry] {
        var entries: [Entry] = []
        for lock in locks {
            for package in lock.packages {
                let marker = Self.marker(lock)
                if let place = entries.firstIndex(where: { $0.name == package.name && $0.version == package.version }) {
                    let isKnown = entries[place].wheels.contains { $0.digest == package.wheel.digest }
                    if !isKnown { entries[place].wheels.append(package.wheel) }
                    entries[place].markers += [marker].compactMap(\.self)
                } else {
                    entries.append(
                        Entry(
                            name: package.name, version: package.version, wheels: [package.wheel],
                            markers: [marker].compactMap(\.self)))
                }
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
            lines += ["", "[[packages]]", "name = \(quoted(entry.name))", "version = \(quoted(entry.version))"]
            if entry.markers.count < locks.count, !entry.markers.isEmpty {
                lines.append("marker = \(quoted(entry.markers.joined(separator: " or ")))")
            }
            for wheel in entry.wheels {
                lines += [
                    "[[packages.wheels]]", "name = \(quoted(wheel.filename))",
                    // Without a scheme it is a path, relative to the lock.
                    "\(wheel.url.contains("://") ? "url" : "path") = \(quoted(wheel.url))",
                ]
                if let size = wheel.size { lines.append("size = \(size)") }
                lines.append("hashes = { \(wheel.digest.algorithm.rawValue) = \(quoted(wheel.digest.encoded)) }")
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

/// A basic string of TOML. Control characters cannot stand in a file name or URL that came this far.
func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
}
