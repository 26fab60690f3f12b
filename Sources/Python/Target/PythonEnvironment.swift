public import Spec

/// Where an image's Python packages go, and for what interpreter they are.
public struct PythonEnvironment: Sendable, Hashable, Codable {
    /// What kind of place it is.
    public enum Kind: String, Sendable, Hashable, Codable {
        /// A virtual environment.
        case virtual
        /// An interpreter with its own prefix: `/usr/local`, conda, one that uv installed.
        case standalone
        /// A distribution's own interpreter in `/usr`.
        case system
    }

    /// What wheels are chosen for.
    public var target: PythonTarget
    /// Where their parts go.
    public var scheme: InstallScheme
    /// What kind of place it is.
    public var kind: Kind
    /// The directories in which the interpreter finds distributions, in the order of `sys.path`. They need not exist.
    public var sitePackages: [String]
    /// The file that tells installers to leave the environment alone (PEP 668), if there is one.
    public var externallyManaged: String?

    /// Takes the parts.
    public init(
        target: PythonTarget, scheme: InstallScheme, kind: Kind, sitePackages: [String],
        externallyManaged: String? = nil
    ) {
        self.target = target
        self.scheme = scheme
        self.kind = kind
        self.sitePackages = sitePackages
        self.externallyManaged = externallyManaged
    }
}
