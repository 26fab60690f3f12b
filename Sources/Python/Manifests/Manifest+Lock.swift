import Content
import Diagnostics
public import SystemPackage

extension Manifest.Kind {
    /// Whether a file of this kind says which versions are meant, and not only which are allowed.
    public var isLock: Bool { self == .uvLock || self == .pylock }
}

extension Manifest {
    /// Where the lock of manifests lies: beside the first of them that is no lock itself, else beside the first one.
    ///
    /// It is called `pylock.toml` for the usual manifests of a directory and `pylock.NAME.toml` for others, as PEP 751 has
    /// it; NAME holds no dots.
    public static func lockPath(for manifests: [Manifest]) -> FilePath? {
        guard let manifest = manifests.first(where: { !$0.kind.isLock }) ?? manifests.first else { return nil }
        return manifest.directory.appending(lockName(for: manifest.path))
    }

    private static func lockName(for path: FilePath) -> String {
        let usual = ["requirements.txt", "requirements.in", "pyproject.toml", "uv.lock", "pylock.toml"]
        guard let name = path.lastComponent, !usual.contains(name.string) else { return "pylock.toml" }
        guard name.extension != "toml" else { return name.string }
        return "pylock.\(name.stem.replacing(".", with: "-")).toml"
    }

    /// Takes the path of a lock that has to be there.
    /// - Throws: `PythonError` (`lock_missing`) with the path.
    public init(lock path: FilePath) throws {
        guard try FileSystem.status(path)?.kind == .file else {
            throw PythonError(
                .lockMissing, "there is no lock '\(path)', and the build is to be made by one",
                context: [FailureContext("file", path.string)], hints: ["write it by 'cooperage lock'"])
        }
        try self.init(path)
    }
}
