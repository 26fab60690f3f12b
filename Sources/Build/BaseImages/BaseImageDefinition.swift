public import OCI
public import Spec

/// An entry of the catalog: a base image by name, and where it comes from. `base-images/README.md` describes its text.
public struct BaseImageDefinition: Sendable, Hashable {
    /// The name that `--base` takes.
    public var name: String
    /// One line for people.
    public var summary: String
    /// Where the image comes from.
    public var source: BaseImageSource
    /// Which Python is inside, if any.
    public var python: BasePython?
    /// The user that is made, and as whom containers run; nil leaves the source's own.
    public var user: BaseUser?
    /// The directory in which containers start; nil leaves the source's own.
    public var workingDirectory: String?
    /// Environment variables, set on top of the source's own.
    public var environment: [EnvironmentVariable]

    /// Takes the parts.
    public init(
        name: String, summary: String, source: BaseImageSource, python: BasePython? = nil, user: BaseUser? = nil,
        workingDirectory: String? = nil, environment: [EnvironmentVariable] = []
    ) {
        self.name = name
        self.summary = summary
        self.source = source
        self.python = python
        self.user = user
        self.workingDirectory = workingDirectory
        self.environment = environment
    }

    /// What the image's configuration gets on top of its source's. A user is named by number, since a cluster that
    /// insists on unprivileged users cannot look up names.
    public var configuration: ConfigurationStep {
        ConfigurationStep(
            environment: environment, user: user.map { "\($0.uid):\($0.gid)" }, workingDirectory: workingDirectory)
    }
}

/// Where a base image comes from.
public enum BaseImageSource: Sendable, Hashable {
    /// It is made here, out of Debian's packages.
    case debian(DebianRelease)
    /// It is fetched from a registry.
    case image(Reference)
}

/// Which packages of which Debian release make an image.
public struct DebianRelease: Sendable, Hashable {
    /// The release's code name, such as `bookworm`.
    public var suite: String
    /// The components of the archive.
    public var components: [String]
    /// The packages beside Debian's essential ones and apt.
    public var packages: [String]

    /// Takes the parts.
    public init(suite: String, components: [String] = ["main"], packages: [String] = []) {
        self.suite = suite
        self.components = components
        self.packages = packages
    }
}

/// The Python of a base image.
public struct BasePython: Sendable, Hashable {
    /// The version's first two parts, such as `3.11`.
    public var version: String
    /// The virtual environment that packages go into; nil if they go where the interpreter is.
    public var environment: String?
    /// Requirements whose wheels become layers on top of the source, exactly pinned.
    public var requirements: [String]

    /// Takes the parts.
    public init(version: String, environment: String? = nil, requirements: [String] = []) {
        self.version = version
        self.environment = environment
        self.requirements = requirements
    }
}

/// A user made in a base image.
public struct BaseUser: Sendable, Hashable {
    /// The login name, which the group of its own shares.
    public var name: String
    /// The user's number.
    public var uid: UInt32
    /// The group's number.
    public var gid: UInt32
    /// The home directory.
    public var home: String

    /// Takes the parts.
    public init(name: String, uid: UInt32, gid: UInt32, home: String) {
        self.name = name
        self.uid = uid
        self.gid = gid
        self.home = home
    }
}
