import Content
import OCI
public import SystemPackage

/// The versions that a lock holds, for telling what another one changes.
public struct LockedVersions: Sendable, Hashable {
    /// What it holds of one package: usually one version, several where platforms differ.
    private struct Package: Hashable {
        var versions: [String] = []
        var digests: Set<String> = []

        mutating func add(_ version: String, _ digests: some Sequence<String>) {
            if !versions.contains(version) { versions = (versions + [version]).sorted() }
            self.digests.formUnion(digests)
        }
    }

    private var packages: [String: Package] = [:]

    /// Of nothing.
    public init() {}

    /// Of resolutions.
    public init(_ locks: [Lock]) {
        for package in locks.flatMap(\.packages) {
            packages[package.name, default: Package()].add(package.version, [package.wheel.digest.description])
        }
    }

    /// Of a standard lock in a file.
    /// - Throws: `PythonError` (`invalid_lock`) with what is wrong and where.
    public init(file path: FilePath) throws {
        let text = String(decoding: try FileSystem.read(path), as: UTF8.self)
        for package in try PylockDocument(text: text, name: path.string).packages {
            let digests = package.wheelFiles.flatMap { ($0.hashes ?? [:]).map { "\($0):\($1)" } }
            packages[normalizedName(package.name), default: Package()].add(package.version ?? "", digests)
        }
    }

    /// What another lock changes, sorted by name.
    public func changes(to other: LockedVersions) -> [LockChange] {
        Set(packages.keys).union(other.packages.keys).sorted().compactMap { name in
            switch (packages[name], other.packages[name]) {
            case (nil, let new?): return LockChange(name, .added(new.versions))
            case (let old?, nil): return LockChange(name, .removed(old.versions))
            case (let old?, let new?) where old.versions != new.versions:
                return LockChange(name, .updated(from: old.versions, to: new.versions))
            // A lock of another program may hold the wheels of all systems.
            case (let old?, let new?) where !new.digests.isSubset(of: old.digests):
                return LockChange(name, .replaced(new.versions))
            default: return nil
            }
        }
    }
}

/// What a new lock changes of one package.
public struct LockChange: Sendable, Hashable {
    /// What happens to it.
    public enum Kind: Sendable, Hashable {
        case added([String])
        case removed([String])
        case updated(from: [String], to: [String])
        /// The versions stay, and the files are others.
        case replaced([String])
    }

    /// The normalised name.
    public let name: String
    /// What happens.
    public let kind: Kind

    init(_ name: String, _ kind: Kind) {
        self.name = name
        self.kind = kind
    }

    /// In uv's words, as done: `Updated numpy v2.2.0 -> v2.3.5`.
    public var done: String { text("Added", "Removed", "Updated", "Replaced the wheel of") }

    /// In uv's words, as to be done: `Update numpy v2.2.0 -> v2.3.5`.
    public var due: String { text("Add", "Remove", "Update", "Replace the wheel of") }

    private func text(_ added: String, _ removed: String, _ updated: String, _ replaced: String) -> String {
        func list(_ versions: [String]) -> String { versions.map { "v\($0)" }.joined(separator: ", ") }
        return switch kind {
        case .added(let versions): "\(added) \(name) \(list(versions))"
        case .removed(let versions): "\(removed) \(name) \(list(versions))"
        case .updated(let old, let new): "\(updated) \(name) \(list(old)) -> \(list(new))"
        case .replaced(let versions): "\(replaced) \(name) \(list(versions))"
        }
    }
}
