import Diagnostics
public import OCI
public import Spec

/// What a resolution came to: for one target, the exact wheel of each package. Equal inputs give equal locks.
///
/// It holds no user information: whoever fetches adds it again by the host (`URLCredentials`). The queries of URLs stay, and
/// some indexes put tokens there, so that it is kept for its user's eyes only.
public struct Lock: Sendable, Hashable, Codable {
    /// What the wheels were chosen for.
    public var target: PythonTarget
    /// The packages, sorted by name.
    public var packages: [LockedPackage]
    /// The digest of all that the resolution was made from.
    public var inputs: Digest

    /// Takes the parts.
    public init(target: PythonTarget, packages: [LockedPackage], inputs: Digest) {
        self.target = target
        self.packages = packages
        self.inputs = inputs
    }
}

/// A package of a lock.
public struct LockedPackage: Sendable, Hashable, Codable {
    /// The normalised name.
    public var name: String
    /// The version.
    public var version: String
    /// The file that is installed.
    public var wheel: LockedWheel
    /// What the wheel was built from; nil where the index has it.
    public var source: PackageSource?

    /// Takes the parts.
    public init(name: String, version: String, wheel: LockedWheel, source: PackageSource? = nil) {
        self.name = name
        self.version = version
        self.wheel = wheel
        self.source = source
    }

    /// The package's wheel as recipes name it.
    public var reference: WheelReference {
        WheelReference(
            name: name, version: version, filename: wheel.filename, digest: wheel.digest, size: wheel.size)
    }
}

/// A wheel that can be fetched and checked.
public struct LockedWheel: Sendable, Hashable, Codable {
    /// The file's name.
    public var filename: String
    /// Where it lies: `https://…`, `http://…` or `file:///…`, without user information. Empty for one that was built: it
    /// lies in the store of who built it, and nowhere else.
    public var url: String
    /// The length in bytes, where the index told it.
    public var size: Int64?
    /// The digest of the file.
    public var digest: Digest

    /// Takes the parts.
    public init(filename: String, url: String, size: Int64?, digest: Digest) {
        self.filename = filename
        self.url = url
        self.size = size
        self.digest = digest
    }
}
