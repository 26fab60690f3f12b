public import Dockerfile
public import OCI
public import Spec

/// A build as a client asks the service for it: the body of `POST /api/v1/builds`.
///
/// It says the same as the command line's flags; paths are relative to the context, whose content the service was given
/// beforehand. It holds no secrets: those travel beside it (`BuildSecrets`).
public struct BuildSubmission: Sendable, Hashable, Codable {
    /// The digest of the `ContextManifest` that was uploaded; nil builds without code.
    public var context: Digest?
    /// Where the context's code goes in the image, an absolute path; nil leaves the code out.
    public var codeDestination: String?
    /// Patterns of the context that are left out of the image beside those of `.dockerignore`.
    public var excluded: [String]
    /// Further files of the context, each below a directory of its own: what a Dockerfile's COPY lines say.
    public var files: [Files]
    /// What the lines of a Dockerfile install and do to the image's files, after all of these; nil where there is none.
    public var changes: Changes?
    /// What the image starts from: an entry of the catalog, a reference, or a layout that came with the context.
    public var base: Base
    /// The requirement manifests, paths in the context.
    public var requirements: [String]
    /// What of the manifests' projects is wanted.
    public var selection: PackageSelection
    /// The lock that has to fit the manifests, a path in the context; nil resolves them.
    public var lock: String?
    /// Requirements that stand in no manifest, one each: `fastapi==0.115.0`.
    public var packages: [String]
    /// Where packages come from.
    public var indexes: Indexes
    /// `linux/amd64`; empty means the base's own or the server's.
    public var platforms: [Platform]
    /// What a container starts with.
    public var execution: Execution
    /// Annotations of the manifest.
    public var annotations: [String: String]
    /// Seconds since 1970 that files and configuration carry (`SOURCE_DATE_EPOCH`); nil takes the usual one.
    public var sourceDateEpoch: Int64?
    /// How many bytes a layer may have, compressed; nil sets no limit.
    public var layerLimit: Int64?
    /// The image's names.
    public var tags: [Reference]
    /// Whether the image is pushed under its names.
    public var pushes: Bool
    /// Whether the image is kept, so that the client can fetch it through the API.
    public var exports: Bool
    /// Whether layers and resolutions of earlier builds are used.
    public var usesCache: Bool
    /// Whether registries are asked again what the base's tag means.
    public var pulls: Bool
    /// Whether newer versions of packages are looked for.
    public var upgrades: Bool
    /// Whether what has no wheel is built from its sources, where the project's policy allows it.
    public var allowsSourceBuilds: Bool
    /// Whether the packages' modules come with their bytecode.
    public var compilesBytecode: Bool
    /// The ID of the image that it has to come to; of another one no name is written. nil takes what comes.
    public var expectedImage: Digest?

    /// Files of the context below a directory of the image.
    public struct Files: Sendable, Hashable, Codable {
        /// An absolute path in the image, at which the context's paths start.
        public var destination: String
        /// Patterns of what is left out beside those of `.dockerignore`.
        public var excluded: [String]

        /// Takes the parts.
        public init(destination: String, excluded: [String] = []) {
            self.destination = destination
            self.excluded = excluded
        }

        enum CodingKeys: String, CodingKey {
            case destination, excluded
        }

        /// Reads the object; `excluded` may be missing.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                destination: try container.decode(String.self, forKey: .destination),
                excluded: try container.decodeIfPresent([String].self, forKey: .excluded) ?? [])
        }
    }

    /// What a Dockerfile says beside a base and what a container starts with, as its reader makes it. URLs of indexes hold no
    /// credentials, and no mark of a secret is in it.
    public struct Changes: Sendable, Hashable, Codable {
        /// The text of the context's ignore file; nil leaves nothing out.
        public var ignoreFile: String?
        /// The stages that files are taken from, in their order.
        public var stages: [LoweredStage]
        /// The Python packages, by the environments that they go to.
        public var environments: [LoweredDockerfile.Packages]
        /// The changes of files, instruction by instruction.
        public var instructions: [FileInstruction]

        /// Takes the parts.
        public init(
            ignoreFile: String? = nil, stages: [LoweredStage] = [], environments: [LoweredDockerfile.Packages] = [],
            instructions: [FileInstruction]
        ) {
            self.ignoreFile = ignoreFile
            self.stages = stages
            self.environments = environments
            self.instructions = instructions
        }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case ignoreFile = "ignore_file"
            case stages, environments, instructions
        }

        /// Reads the object; all but the instructions may be missing.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                ignoreFile: try container.decodeIfPresent(String.self, forKey: .ignoreFile),
                stages: try container.decodeIfPresent([LoweredStage].self, forKey: .stages) ?? [],
                environments: try container.decodeIfPresent(
                    [LoweredDockerfile.Packages].self, forKey: .environments) ?? [],
                instructions: try container.decode([FileInstruction].self, forKey: .instructions))
        }
    }

    /// What an image starts from.
    public enum Base: Sendable, Hashable, Codable {
        /// An entry of the server's catalog.
        case catalog(String)
        /// An image in a registry.
        case reference(Reference)
        /// An OCI layout, a directory of the context.
        case layout(path: String)
        /// Nothing: an image without files.
        case scratch
    }

    /// Where packages come from. URLs hold no credentials.
    public struct Indexes: Sendable, Hashable, Codable {
        /// The index that replaces PyPI.
        public var indexURL: String?
        /// Further indexes, asked first.
        public var extraIndexURLs: [String]
        /// Pages that list distributions, or directories of the context.
        public var findLinks: [String]
        /// Only distributions uploaded before this date count.
        public var excludeNewer: String?

        /// Takes the parts.
        public init(
            indexURL: String? = nil, extraIndexURLs: [String] = [], findLinks: [String] = [],
            excludeNewer: String? = nil
        ) {
            self.indexURL = indexURL
            self.extraIndexURLs = extraIndexURLs
            self.findLinks = findLinks
            self.excludeNewer = excludeNewer
        }

        enum CodingKeys: String, CodingKey {
            case indexURL = "index_url"
            case extraIndexURLs = "extra_index_urls"
            case findLinks = "find_links"
            case excludeNewer = "exclude_newer"
        }

        /// Reads the object; every member may be missing.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                indexURL: try container.decodeIfPresent(String.self, forKey: .indexURL),
                extraIndexURLs: try container.decodeIfPresent([String].self, forKey: .extraIndexURLs) ?? [],
                findLinks: try container.decodeIfPresent([String].self, forKey: .findLinks) ?? [],
                excludeNewer: try container.decodeIfPresent(String.self, forKey: .excludeNewer))
        }
    }

    /// What a container starts with; nil leaves the base's.
    public struct Execution: Sendable, Hashable, Codable {
        /// Environment variables by name.
        public var environment: [String: String]
        /// The fixed start of the command line.
        public var entrypoint: [String]?
        /// The default arguments.
        public var command: [String]?
        /// `user[:group]`.
        public var user: String?
        /// The directory in which the command starts.
        public var workingDirectory: String?
        /// Labels.
        public var labels: [String: String]
        /// Ports to publish, `8080/tcp`.
        public var ports: [String]
        /// What Dockerfiles alone set.
        public var further: FurtherConfiguration?

        /// Takes the parts.
        public init(
            environment: [String: String] = [:], entrypoint: [String]? = nil, command: [String]? = nil,
            user: String? = nil, workingDirectory: String? = nil, labels: [String: String] = [:], ports: [String] = [],
            further: FurtherConfiguration? = nil
        ) {
            self.environment = environment
            self.entrypoint = entrypoint
            self.command = command
            self.user = user
            self.workingDirectory = workingDirectory
            self.labels = labels
            self.ports = ports
            self.further = further
        }

        enum CodingKeys: String, CodingKey {
            case environment = "env"
            case entrypoint
            case command = "cmd"
            case user
            case workingDirectory = "workdir"
            case labels, ports, further
        }

        /// Reads the object; every member may be missing.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                environment: try container.decodeIfPresent([String: String].self, forKey: .environment) ?? [:],
                entrypoint: try container.decodeIfPresent([String].self, forKey: .entrypoint),
                command: try container.decodeIfPresent([String].self, forKey: .command),
                user: try container.decodeIfPresent(String.self, forKey: .user),
                workingDirectory: try container.decodeIfPresent(String.self, forKey: .workingDirectory),
                labels: try container.decodeIfPresent([String: String].self, forKey: .labels) ?? [:],
                ports: try container.decodeIfPresent([String].self, forKey: .ports) ?? [],
                further: try container.decodeIfPresent(FurtherConfiguration.self, forKey: .further))
        }
    }

    /// A submission of a base alone; what else there is can be set.
    public init(base: Base) {
        context = nil
        codeDestination = nil
        excluded = []
        files = []
        changes = nil
        self.base = base
        requirements = []
        selection = PackageSelection()
        lock = nil
        packages = []
        indexes = Indexes()
        platforms = []
        execution = Execution()
        annotations = [:]
        sourceDateEpoch = nil
        layerLimit = nil
        tags = []
        pushes = false
        exports = false
        usesCache = true
        pulls = false
        upgrades = false
        allowsSourceBuilds = true
        compilesBytecode = false
        expectedImage = nil
    }
}
