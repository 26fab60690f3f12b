public import Diagnostics

/// A Python environment that could not be found, resolved or trusted.
public typealias PythonError = Failure<PythonErrorCode>

/// What can stand between a manifest and its wheels.
public enum PythonErrorCode: String, FailureCode {
    /// The image holds no interpreter where one is looked for.
    case interpreterNotFound = "interpreter_not_found"
    /// The image's interpreter cannot be built for: its version, kind or libc is unknown or unsupported.
    case unsupportedInterpreter = "unsupported_interpreter"
    /// A manifest, or a file that it includes, does not exist.
    case manifestNotFound = "manifest_not_found"
    /// A manifest cannot be read, or its name tells no kind.
    case invalidManifest = "invalid_manifest"
    /// A lock is malformed or of an unknown version.
    case invalidLock = "invalid_lock"
    /// The lock that a build is to be made by does not exist.
    case lockMissing = "lock_missing"
    /// The lock that a build is to be made by does not fit the manifests.
    case lockOutdated = "lock_outdated"
    /// A dependency group that no project has.
    case unknownGroup = "unknown_group"
    /// An extra that no project has.
    case unknownExtra = "unknown_extra"
    /// uv is not installed, or cannot be started.
    case uvMissing = "uv_missing"
    /// uv failed for a reason outside the manifests: network, index, its own cache.
    case uvFailed = "uv_failed"
    /// TLS with an index, or with a host of package files, cannot be established or trusted.
    case untrustedIndex = "untrusted_index"
    /// uv says that the requirements cannot be met or understood.
    case unresolvable
    /// A package has no wheel that fits the target.
    case noMatchingWheel = "no_matching_wheel"
    /// A package would have to be built from sources.
    case needsBuild = "needs_build"
    /// Building a wheel failed.
    case buildFailed = "build_failed"
    /// Modules could not be compiled to bytecode.
    case compilationFailed = "compilation_failed"
    /// No interpreter of the target's version is there to build wheels with, or bytecode.
    case buildPythonMissing = "build_python_missing"
    /// A distribution of the base would have to be replaced, and does not say which files are its own.
    case notRemovable = "not_removable"
    /// A secret stands where it would not stay one.
    case misplacedSecret = "misplaced_secret"
    /// A wheel's digest is not among those that the manifest allows.
    case hashMismatch = "hash_mismatch"

    /// Who has to act: only uv and the network are the world's.
    public var blame: Blame {
        switch self {
        case .uvMissing, .uvFailed, .untrustedIndex, .buildPythonMissing: .outside
        default: .request
        }
    }
}
