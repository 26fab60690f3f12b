public import OCI

/// A build by a Dockerfile of the context.
public struct DockerfileBuild: Sendable, Hashable {
    /// The context's digest.
    public var context: Digest
    /// The Dockerfile's path in the context.
    public var dockerfile: String
    /// What the client gives to `ARG`s.
    public var arguments: [String: String]
    /// The stage to build; nil means the last one.
    public var target: String?
    /// What the image is for; nil means the base's own platform.
    public var platform: Platform?
    /// Labels beside those of the Dockerfile.
    public var labels: [String: String]
    /// Annotations of the manifest.
    public var annotations: [String: String]
    /// Where packages come from, beside what the Dockerfile says. Its own first index goes before.
    public var indexes: BuildSubmission.Indexes
    /// Whether layers and resolutions of earlier builds are used.
    public var usesCache: Bool
    /// Whether registries are asked again what the base's tag means.
    public var pulls: Bool
    /// Whether the packages' modules come with their bytecode.
    public var compilesBytecode: Bool
    /// How many bytes a layer may have, compressed; nil sets no limit.
    public var layerLimit: Int64?
    /// The image's names. Without any it stays in the cache, where `push` finds it.
    public var tags: [Reference]
    /// Whether the image is pushed under its names.
    public var pushes: Bool
    /// Whether the image is kept, so that the client can fetch it through the API.
    public var exports: Bool

    /// Takes what every client says; what else there is can be set.
    public init(
        context: Digest, dockerfile: String = "Dockerfile", arguments: [String: String] = [:], target: String? = nil,
        platform: Platform? = nil, labels: [String: String] = [:], usesCache: Bool = true, pulls: Bool = false
    ) {
        self.context = context
        self.dockerfile = dockerfile
        self.arguments = arguments
        self.target = target
        self.platform = platform
        self.labels = labels
        annotations = [:]
        indexes = BuildSubmission.Indexes()
        self.usesCache = usesCache
        self.pulls = pulls
        compilesBytecode = false
        layerLimit = nil
        tags = []
        pushes = false
        exports = false
    }
}

extension BuildSubmission {
    /// Adds indexes to those of the Dockerfile, as the command line's flags do.
    mutating func add(_ further: Indexes) {
        indexes.indexURL = indexes.indexURL ?? further.indexURL
        indexes.extraIndexURLs += further.extraIndexURLs
        indexes.findLinks += further.findLinks
        indexes.excludeNewer = indexes.excludeNewer ?? further.excludeNewer
    }
}
