public import OCI

/// What is asked for: an image as stages of ordered steps, for one platform or several.
///
/// A value without I/O. The command line, `cooperage.yaml` and the service all make one; `Build` turns it into a
/// `BuildPlan` for each platform.
public struct BuildSpec: Sendable, Hashable, Codable {
    /// The stages in order. The last one is the image; files may be taken from those before it.
    public var stages: [Stage]
    /// The platforms; empty means the base's own or the host's. More than one gives an index.
    public var platforms: [Platform]
    /// Annotations of the manifest.
    public var annotations: [String: String]
    /// What files and the configuration carry as their time.
    public var timestamp: Timestamp
    /// How many bytes a layer may have, compressed; one that would have more becomes several. nil sets no limit.
    public var layerLimit: Int64?

    /// The smallest limit that anybody means.
    public static let smallestLayerLimit: Int64 = 1_000_000

    /// Takes the parts.
    public init(
        stages: [Stage], platforms: [Platform] = [], annotations: [String: String] = [:],
        timestamp: Timestamp = .reproducible, layerLimit: Int64? = nil
    ) {
        self.stages = stages
        self.platforms = platforms
        self.annotations = annotations
        self.timestamp = timestamp
        self.layerLimit = layerLimit
    }
}

/// A base and the steps on top of it.
public struct Stage: Sendable, Hashable, Codable {
    /// The name that later stages call it by.
    public var name: String?
    /// What it starts from.
    public var base: BaseSource
    /// The platform of a stage that is not the image, where it is another one than the image's.
    public var platform: Platform?
    /// What is added, in order.
    public var steps: [Step]

    /// Takes the parts.
    public init(name: String? = nil, base: BaseSource, platform: Platform? = nil, steps: [Step]) {
        self.name = name
        self.base = base
        self.platform = platform
        self.steps = steps
    }
}

/// What a stage starts from.
public enum BaseSource: Sendable, Hashable, Codable {
    /// An entry of the catalog in `base-images/`, by name.
    case catalog(String)
    /// An image in a registry.
    case registry(Reference)
    /// An OCI layout directory.
    case layout(path: String)
    /// A docker archive (`docker save`).
    case archive(path: String)
    /// Nothing: an image without files.
    case scratch
}

/// One step: inputs that become layers and configuration. Further kinds (Dockerfile instructions, packages of a
/// distribution, a sandboxed command) are further cases with a planner each.
public enum Step: Sendable, Hashable, Codable {
    /// A Python environment from requirement manifests.
    case python(PythonStep)
    /// Files of a directory.
    case files(FilesStep)
    /// Files as a Dockerfile's lines change them.
    case changes(ChangesStep)
    /// Settings that a container starts with.
    case configuration(ConfigurationStep)
}

/// A Python environment from requirement manifests.
public struct PythonStep: Sendable, Hashable, Codable {
    /// The manifests' paths. Their kinds follow from their names.
    public var manifests: [String]
    /// What of their projects is wanted.
    public var selection: PackageSelection
    /// Where packages come from.
    public var indexes: PackageIndexes
    /// Where the lock is written, if the user wants it beside the manifest.
    public var lockFile: String?
    /// The lock that was made before, if it counts.
    public var lock: LockUse?
    /// Whether newer versions are looked for, although a resolution of the same text is known.
    public var upgrade: Bool
    /// Whether what has no wheel is built from its sources, which runs code of theirs.
    public var allowsSourceBuilds: Bool
    /// Whether the packages' modules come with their bytecode.
    public var compilesBytecode: Bool
    /// Where the packages go; nil means where the base's interpreter looks. An environment without manifests is only made.
    public var place: PythonPlace?
    /// How an installer was told to install; nil is as usual.
    public var options: InstallationOptions?
    /// The installations that it is made of, in their order, where there are several. They are resolved together where this
    /// step has their manifests and all can be had at once; else one after the other, each keeping what it finds.
    public var parts: [PythonStep]?

    /// Takes the parts.
    public init(
        manifests: [String], selection: PackageSelection = PackageSelection(),
        indexes: PackageIndexes = PackageIndexes(), lockFile: String? = nil, lock: LockUse? = nil,
        upgrade: Bool = false,
        allowsSourceBuilds: Bool = false, compilesBytecode: Bool = false, place: PythonPlace? = nil,
        options: InstallationOptions? = nil, parts: [PythonStep]? = nil
    ) {
        self.manifests = manifests
        self.selection = selection
        self.indexes = indexes
        self.lockFile = lockFile
        self.lock = lock
        self.upgrade = upgrade
        self.allowsSourceBuilds = allowsSourceBuilds
        self.compilesBytecode = compilesBytecode
        self.place = place
        self.options = options
        self.parts = parts
    }
}

/// Where packages come from, in uv's and pip's terms.
public struct PackageIndexes: Sendable, Hashable, Codable {
    /// The index that replaces PyPI. May hold credentials: never shown, logged or made part of a key as it is.
    public var indexURL: String?
    /// Further indexes, asked first.
    public var extraIndexURLs: [String]
    /// Directories or pages that list distributions.
    public var findLinks: [String]
    /// Only distributions uploaded before this date (RFC 3339 or a day) count.
    public var excludeNewer: String?

    /// Takes the parts.
    public init(
        indexURL: String? = nil, extraIndexURLs: [String] = [], findLinks: [String] = [], excludeNewer: String? = nil
    ) {
        self.indexURL = indexURL
        self.extraIndexURLs = extraIndexURLs
        self.findLinks = findLinks
        self.excludeNewer = excludeNewer
    }
}

/// The files of a directory, put somewhere in the image.
public struct FilesStep: Sendable, Hashable, Codable {
    /// The directory they come from: the build context.
    public var source: String
    /// The absolute directory in the image.
    public var destination: String
    /// Paths in the context that are left out beside those of `.dockerignore`, such as outputs of the build itself.
    public var excluded: [String]

    /// Takes the parts.
    public init(source: String, destination: String, excluded: [String] = []) {
        self.source = source
        self.destination = destination
        self.excluded = excluded
    }
}

/// Settings that a container starts with. What is nil or empty leaves the base's as it is.
public struct ConfigurationStep: Sendable, Hashable, Codable {
    /// Environment variables in order.
    public var environment: [EnvironmentVariable]
    /// The fixed start of the command line. Setting it drops the base's default arguments, as docker does.
    public var entrypoint: [String]?
    /// The default arguments.
    public var command: [String]?
    /// `user[:group]`.
    public var user: String?
    /// The directory in which the command starts.
    public var workingDirectory: String?
    /// Metadata, added to the base's.
    public var labels: [String: String]
    /// Ports to publish, `8080/tcp`.
    public var exposedPorts: [String]
    /// What Dockerfiles alone set; nil where they set none of it.
    public var further: FurtherConfiguration?

    /// Takes the parts.
    public init(
        environment: [EnvironmentVariable] = [], entrypoint: [String]? = nil, command: [String]? = nil,
        user: String? = nil, workingDirectory: String? = nil, labels: [String: String] = [:],
        exposedPorts: [String] = [], further: FurtherConfiguration? = nil
    ) {
        self.environment = environment
        self.entrypoint = entrypoint
        self.command = command
        self.user = user
        self.workingDirectory = workingDirectory
        self.labels = labels
        self.exposedPorts = exposedPorts
        self.further = further
    }
}

/// An environment variable of the image.
public struct EnvironmentVariable: Sendable, Hashable, Codable {
    /// Its name.
    public var name: String
    /// Its value.
    public var value: String

    /// Takes the parts.
    public init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
