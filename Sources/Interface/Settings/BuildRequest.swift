public import Build
public import OCI
public import Spec
public import SystemPackage

/// A build as it was asked for: what the engine is given, and what is done with the result.
public struct BuildRequest: Sendable {
    /// The directory of the code, from which manifests are named, too.
    public var context: FilePath
    /// What is asked for.
    public var spec: BuildSpec
    /// What is asked for on further platforms, where it is not the same as on the first.
    public var furtherSpecs: [BuildSpec] = []
    /// The names of the image.
    public var tags: [Reference]
    /// Where it goes.
    public var outputs: [BuildOutput]
    /// Whether somebody asked for the image to stay in the cache (`--output type=image`).
    public var staysInCache: Bool
    /// Whether what earlier builds made is used.
    public var usesCache: Bool
    /// Whether registries are asked again for the base.
    public var pulls: Bool
    /// Where the result is described.
    public var metadataFile: FilePath?
    /// Where the image's ID is written.
    public var imageIDFile: FilePath?
    /// Whether bills of materials are wanted, and how.
    public var sbom: SBOMRequest?
    /// Where they are written.
    public var sbomFile: SBOMFile?
    /// The Dockerfile that it was made from.
    public var dockerfile: RequestedDockerfile?
    /// What is lent to the build.
    public var secrets = SecretSet()
    /// The ids of those that stand in its indexes already.
    public var usedSecrets: Set<String> = []
    /// What was chosen on the user's behalf, and what the user should know.
    public var remarks: [BuildEvent]

    /// All of what is asked for: one spec, or one for each platform.
    public var specs: [BuildSpec] { [spec] + furtherSpecs }

    /// The base that an image has when none is given.
    public static let defaultBase = "python-3.11"
    /// Where the code goes when nothing else is said.
    public static let defaultWorkingDirectory = "/app"
}

/// Where a request is made: what relative paths and names of variables mean.
public struct Surroundings: Sendable {
    /// The working directory, absolute.
    public var directory: FilePath
    /// The environment.
    public var environment: [String: String]
    /// The cache, which is left out of a context that holds it.
    public var cache: FilePath
    /// Whether a server carries the build out. Then the catalog of bases is the server's, which knows what is in it.
    public var buildsOnServer: Bool

    /// Takes the parts.
    public init(
        directory: FilePath, environment: [String: String], cache: FilePath, buildsOnServer: Bool = false
    ) {
        self.directory = directory
        self.environment = environment
        self.cache = cache
        self.buildsOnServer = buildsOnServer
    }
}
