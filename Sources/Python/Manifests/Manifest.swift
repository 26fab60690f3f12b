import Content
import Diagnostics
public import SystemPackage

/// A file that says which packages an environment holds. Its kind follows from its name.
public struct Manifest: Sendable, Hashable {
    /// What the file is, in the order in which a directory's own manifest is looked for.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// uv's lock of a project.
        case uvLock
        /// A standard lock (PEP 751): `pylock.toml` or `pylock.NAME.toml`.
        case pylock
        /// A list for pip: any `.txt` or `.in` file.
        case requirements
        /// A project's own description.
        case project
    }

    /// Where it lies.
    public let path: FilePath
    /// What it is.
    public let kind: Kind

    /// Takes a path whose file exists.
    /// - Throws: `PythonError` (`manifest_not_found`, `invalid_manifest`) with the path.
    public init(_ path: FilePath) throws {
        guard let status = try FileSystem.status(path) else {
            throw PythonError(
                .manifestNotFound, "there is no manifest '\(path)'",
                hints: ["a manifest is a requirements file, a pyproject.toml, a uv.lock or a pylock.toml"])
        }
        guard status.kind != .directory else {
            throw PythonError(
                .invalidManifest, "'\(path)' is a directory, not a manifest",
                hints: ["name a file in it, such as requirements.txt"])
        }
        guard let kind = Kind(fileName: path.lastComponent?.string ?? "") else {
            throw PythonError(
                .invalidManifest, "the name of '\(path)' does not tell what kind of manifest it is",
                hints: ["requirements files end in .txt or .in; uv.lock, pylock.toml and pyproject.toml are known, too"]
            )
        }
        self.path = path
        self.kind = kind
    }

    /// The manifest of a directory: the first that is there of uv.lock, pylock.toml, requirements.txt and
    /// pyproject.toml.
    /// - Parameter kind: what does not count.
    public static func discover(in directory: FilePath, passingOver kind: Kind? = nil) throws -> Manifest? {
        for name in ["uv.lock", "pylock.toml", "requirements.txt", "pyproject.toml"] {
            let path = directory.appending(name)
            if let kind, Kind(fileName: name) == kind { continue }
            if try FileSystem.status(path)?.kind == .file { return try Manifest(path) }
        }
        return nil
    }
}

extension Manifest.Kind {
    /// What a file of a name is; nil where the name does not tell.
    public init?(fileName: String) {
        switch fileName {
        case "uv.lock": self = .uvLock
        case "pyproject.toml": self = .project
        case "pylock.toml": self = .pylock
        case _ where fileName.hasPrefix("pylock.") && fileName.hasSuffix(".toml"): self = .pylock
        case _ where fileName.hasSuffix(".txt") || fileName.hasSuffix(".in"): self = .requirements
        default: return nil
        }
    }
}
