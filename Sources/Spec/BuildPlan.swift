public import OCI

/// Everything that a build will do for one platform, before a byte moves: the base's layers, then ours by recipe, then
/// the configuration. Equal inputs give equal plans, and `CanonicalJSON` of a plan is its stable form.
public struct BuildPlan: Sendable, Hashable, Codable {
    /// What the image runs on.
    public var platform: Platform
    /// The base.
    public var base: PlannedBase
    /// The layers on top of it, lowest first.
    public var layers: [PlannedLayer]
    /// The image's configuration but for the digests of layers that are not made yet.
    public var execution: ImageConfiguration.Execution
    /// Annotations of the manifest.
    public var annotations: [String: String]
    /// The time that the configuration carries.
    public var timestamp: Timestamp

    /// Takes the parts.
    public init(
        platform: Platform, base: PlannedBase, layers: [PlannedLayer], execution: ImageConfiguration.Execution,
        annotations: [String: String], timestamp: Timestamp
    ) {
        self.platform = platform
        self.base = base
        self.layers = layers
        self.execution = execution
        self.annotations = annotations
        self.timestamp = timestamp
    }
}

/// The image that a plan starts from.
public struct PlannedBase: Sendable, Hashable, Codable {
    /// How the user named it.
    public var name: String
    /// The digest of its manifest for the plan's platform.
    public var digest: Digest
    /// Its layers, lowest first.
    public var layers: [Descriptor]

    /// Takes the parts.
    public init(name: String, digest: Digest, layers: [Descriptor]) {
        self.name = name
        self.digest = digest
        self.layers = layers
    }
}

/// A layer of ours in a plan.
public struct PlannedLayer: Sendable, Hashable, Codable {
    /// What it is, one line: `python: numpy 2.3.5`. It becomes the history entry.
    public var title: String
    /// The recipe's key.
    public var key: Digest
    /// What goes into it.
    public var recipe: LayerRecipe
    /// The finished layer, where the cache has it.
    public var cached: MadeLayer?

    /// Takes the parts.
    public init(title: String, key: Digest, recipe: LayerRecipe, cached: MadeLayer? = nil) {
        self.title = title
        self.key = key
        self.recipe = recipe
        self.cached = cached
    }
}

/// A finished layer.
public struct MadeLayer: Sendable, Hashable, Codable {
    /// The compressed blob.
    public var descriptor: Descriptor
    /// The digest of the uncompressed tar.
    public var diffID: Digest
    /// The length of the uncompressed tar in bytes.
    public var uncompressedSize: Int64

    /// Takes the parts.
    public init(descriptor: Descriptor, diffID: Digest, uncompressedSize: Int64) {
        self.descriptor = descriptor
        self.diffID = diffID
        self.uncompressedSize = uncompressedSize
    }
}
