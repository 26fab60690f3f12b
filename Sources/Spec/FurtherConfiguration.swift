public import OCI

/// What a Dockerfile says about containers beside what a native spec can. What is nil or empty leaves the base's as it is.
public struct FurtherConfiguration: Sendable, Hashable, Codable {
    /// Paths that hold data outside of the image, added to the base's.
    public var volumes: [String]
    /// The signal that stops a container.
    public var stopSignal: String?
    /// The words that shell forms are given to.
    public var shell: [String]?
    /// How a container's health is asked for.
    public var healthcheck: ImageConfiguration.Healthcheck?
    /// Instructions for images that are built on this one. The base's own have been followed, and are never kept.
    public var onBuild: [String]

    /// Takes the parts.
    public init(
        volumes: [String] = [], stopSignal: String? = nil, shell: [String]? = nil,
        healthcheck: ImageConfiguration.Healthcheck? = nil, onBuild: [String] = []
    ) {
        self.volumes = volumes
        self.stopSignal = stopSignal
        self.shell = shell
        self.healthcheck = healthcheck
        self.onBuild = onBuild
    }
}
