/// How an image is run, and what its layers uncompressed are (OCI image specification, config.md).
public struct ImageConfiguration: Sendable, Hashable, Codable {
    /// When the image was made, RFC 3339.
    public var created: String?
    /// Who made it.
    public var author: String?
    /// The processor architecture.
    public var architecture: String
    /// The operating system.
    public var os: String
    /// The architecture's variant.
    public var variant: String?
    /// The version of the operating system; Windows images carry it.
    public var osVersion: String?
    /// What the operating system must be able to do; Windows images carry it.
    public var osFeatures: [String]?
    /// What a container starts with.
    public var config: Execution?
    /// The layers by the digests of their uncompressed tar.
    public var rootfs: RootFilesystem
    /// One entry a step; those without `empty_layer` match the layers one to one. Registries check that.
    public var history: [History]?

    private enum CodingKeys: String, CodingKey {
        case created
        case author
        case architecture
        case os
        case variant
        case osVersion = "os.version"
        case osFeatures = "os.features"
        case config
        case rootfs
        case history
    }

    /// Takes the parts.
    public init(
        created: String? = nil, platform: Platform, config: Execution? = nil, rootfs: RootFilesystem,
        history: [History]? = nil
    ) {
        self.created = created
        architecture = platform.architecture
        os = platform.os
        variant = platform.variant
        self.config = config
        self.rootfs = rootfs
        self.history = history
    }

    /// The platform that the image is for.
    public var platform: Platform { Platform(os: os, architecture: architecture, variant: variant) }

    /// The `config` object: what a container starts with.
    public struct Execution: Sendable, Hashable, Codable {
        /// `user[:group]`, by name or number.
        public var user: String?
        /// Ports to publish, `8080/tcp`.
        public var exposedPorts: [String: Empty]?
        /// `NAME=value`, in order.
        public var env: [String]?
        /// The fixed start of the command line.
        public var entrypoint: [String]?
        /// The default rest of the command line.
        public var cmd: [String]?
        /// Paths that hold data outside of the image.
        public var volumes: [String: Empty]?
        /// The directory in which the command starts.
        public var workingDir: String?
        /// Metadata for people and tools.
        public var labels: [String: String]?
        /// The signal that stops a container.
        public var stopSignal: String?
        /// The words that a shell-form command is given to (Docker's extension).
        public var shell: [String]?
        /// How a container's health is asked for (Docker's extension).
        public var healthcheck: Healthcheck?
        /// Instructions for whoever builds on the image (Docker's extension).
        public var onBuild: [String]?

        private enum CodingKeys: String, CodingKey {
            case user = "User"
            case exposedPorts = "ExposedPorts"
            case env = "Env"
            case entrypoint = "Entrypoint"
            case cmd = "Cmd"
            case volumes = "Volumes"
            case workingDir = "WorkingDir"
            case labels = "Labels"
            case stopSignal = "StopSignal"
            case shell = "Shell"
            case healthcheck = "Healthcheck"
            case onBuild = "OnBuild"
        }

        /// Starts empty.
        public init() {}

        /// The value of an environment variable, the last one where several are given.
        public func environment(_ name: String) -> String? {
            env?.last { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.count + 1)) }
        }

        /// The environment variables, of each the last one that is given; an entry without `=` is empty.
        public var variables: [String: String] {
            Dictionary(
                (env ?? []).map { entry in
                    let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                    return (String(parts[0]), parts.count == 2 ? String(parts[1]) : "")
                }, uniquingKeysWith: { _, last in last })
        }

        /// Sets an environment variable in its place, or at the end.
        public mutating func setEnvironment(_ name: String, _ value: String) {
            var variables = env ?? []
            if let place = variables.firstIndex(where: { $0.hasPrefix("\(name)=") }) {
                variables[place] = "\(name)=\(value)"
            } else {
                variables.append("\(name)=\(value)")
            }
            env = variables
        }
    }

    /// Docker's health check; times are nanoseconds.
    public struct Healthcheck: Sendable, Hashable, Codable {
        /// `["CMD", …]`, `["CMD-SHELL", text]` or `["NONE"]`.
        public var test: [String]?
        /// Between two checks.
        public var interval: Int64?
        /// For one check.
        public var timeout: Int64?
        /// Before the first failure counts.
        public var startPeriod: Int64?
        /// Between two checks before the first success.
        public var startInterval: Int64?
        /// Failures in a row until the container is unhealthy.
        public var retries: Int?

        /// Says nothing yet.
        public init() {}

        private enum CodingKeys: String, CodingKey {
            case test = "Test"
            case interval = "Interval"
            case timeout = "Timeout"
            case startPeriod = "StartPeriod"
            case startInterval = "StartInterval"
            case retries = "Retries"
        }
    }

    /// JSON's `{}`, the value of a set written as a map.
    public struct Empty: Sendable, Hashable, Codable {
        /// The only value.
        public init() {}
    }

    /// The `rootfs` object.
    public struct RootFilesystem: Sendable, Hashable, Codable {
        /// Always `layers`.
        public var type: String
        /// Digests of the uncompressed layers, lowest first.
        public var diffIDs: [Digest]

        private enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }

        /// Layers with these digests.
        public init(diffIDs: [Digest]) {
            type = "layers"
            self.diffIDs = diffIDs
        }
    }

    /// One step in the making of the image.
    public struct History: Sendable, Hashable, Codable {
        /// When, RFC 3339.
        public var created: String?
        /// By which command.
        public var createdBy: String?
        /// By whom.
        public var author: String?
        /// What it is.
        public var comment: String?
        /// Whether the step added no layer.
        public var emptyLayer: Bool?

        private enum CodingKeys: String, CodingKey {
            case created
            case createdBy = "created_by"
            case author
            case comment
            case emptyLayer = "empty_layer"
        }

        /// Takes the parts.
        public init(created: String? = nil, createdBy: String? = nil, comment: String? = nil, emptyLayer: Bool? = nil) {
            self.created = created
            self.createdBy = createdBy
            self.comment = comment
            self.emptyLayer = emptyLayer
        }
    }
}
