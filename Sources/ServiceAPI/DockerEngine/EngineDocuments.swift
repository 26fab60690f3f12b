import FoundationEssentials
import OCI
import Service

// The members that docker's clients read, by docker's own names; what has no meaning here is empty.

/// The answer to `/version`.
struct EngineVersionDocument: Encodable {
    private struct Named: Encodable {
        var name: String
        var version: String?

        private enum CodingKeys: String, CodingKey {
            case name = "Name"
            case version = "Version"
        }
    }

    private let version: String

    init(_ version: String) { self.version = version }

    private enum CodingKeys: String, CodingKey {
        case platform = "Platform"
        case components = "Components"
        case version = "Version"
        case apiVersion = "ApiVersion"
        case minAPIVersion = "MinAPIVersion"
        case os = "Os"
        case architecture = "Arch"
        case kernelVersion = "KernelVersion"
        case gitCommit = "GitCommit"
        case goVersion = "GoVersion"
        case buildTime = "BuildTime"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Named(name: "Cooperage"), forKey: .platform)
        try container.encode([Named(name: "Cooperage", version: version)], forKey: .components)
        try container.encode(version, forKey: .version)
        try container.encode(EngineVersion.newest.description, forKey: .apiVersion)
        try container.encode(EngineVersion.oldest.description, forKey: .minAPIVersion)
        try container.encode("linux", forKey: .os)
        try container.encode(Platform.host.architecture, forKey: .architecture)
        for key in [CodingKeys.kernelVersion, .gitCommit, .goVersion, .buildTime] {
            try container.encode("", forKey: key)
        }
    }
}

/// The answer to `/info`.
struct EngineInfoDocument: Encodable {
    private let version: String
    private let images: Int

    init(_ version: String, images: Int) { (self.version, self.images) = (version, images) }

    private enum CodingKeys: String, CodingKey {
        case id = "ID"
        case containers = "Containers"
        case running = "ContainersRunning"
        case paused = "ContainersPaused"
        case stopped = "ContainersStopped"
        case images = "Images"
        case driver = "Driver"
        case name = "Name"
        case osType = "OSType"
        case operatingSystem = "OperatingSystem"
        case architecture = "Architecture"
        case serverVersion = "ServerVersion"
        case indexServerAddress = "IndexServerAddress"
        case securityOptions = "SecurityOptions"
        case labels = "Labels"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode("", forKey: .id)
        for key in [CodingKeys.containers, .running, .paused, .stopped] { try container.encode(0, forKey: key) }
        try container.encode(images, forKey: .images)
        try container.encode("cooperage", forKey: .driver)
        try container.encode("cooperage", forKey: .name)
        try container.encode("linux", forKey: .osType)
        try container.encode("Cooperage: builds images, runs no containers", forKey: .operatingSystem)
        try container.encode(Platform.host.architecture == "arm64" ? "aarch64" : "x86_64", forKey: .architecture)
        try container.encode(version, forKey: .serverVersion)
        try container.encode("https://index.docker.io/v1/", forKey: .indexServerAddress)
        try container.encode([String](), forKey: .securityOptions)
        try container.encode([String](), forKey: .labels)
    }
}

/// One image of `/images/json`.
struct EngineImageSummary: Encodable {
    private let image: NamedImage

    init(_ image: NamedImage) { self.image = image }

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case parentID = "ParentId"
        case repoTags = "RepoTags"
        case repoDigests = "RepoDigests"
        case created = "Created"
        case size = "Size"
        case sharedSize = "SharedSize"
        case labels = "Labels"
        case containers = "Containers"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(image.id, forKey: .id)
        try container.encode("", forKey: .parentID)
        try container.encode(image.names.map(\.familiar), forKey: .repoTags)
        try container.encode([String](), forKey: .repoDigests)
        try container.encode(image.createdAt.milliseconds / 1000, forKey: .created)
        try container.encode(image.documents.size, forKey: .size)
        try container.encode(-1, forKey: .sharedSize)
        try container.encode(image.documents.configuration.config?.labels ?? [:], forKey: .labels)
        try container.encode(-1, forKey: .containers)
    }
}

/// The answer to `/images/{name}/json`.
struct EngineImageDocument: Encodable {
    private let image: NamedImage
    private let digests: [String]

    init(_ image: NamedImage, digests: [String]) { (self.image, self.digests) = (image, digests) }

    private enum CodingKeys: String, CodingKey {
        case id = "Id"
        case repoTags = "RepoTags"
        case repoDigests = "RepoDigests"
        case parent = "Parent"
        case comment = "Comment"
        case created = "Created"
        case dockerVersion = "DockerVersion"
        case author = "Author"
        case config = "Config"
        case architecture = "Architecture"
        case variant = "Variant"
        case os = "Os"
        case size = "Size"
        case rootFS = "RootFS"
        case metadata = "Metadata"
    }

    private struct RootFS: Encodable {
        var type = "layers"
        var layers: [Digest]

        private enum CodingKeys: String, CodingKey {
            case type = "Type"
            case layers = "Layers"
        }
    }

    func encode(to encoder: any Encoder) throws {
        let configuration = image.documents.configuration
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(image.id, forKey: .id)
        try container.encode(image.names.map(\.familiar), forKey: .repoTags)
        try container.encode(digests, forKey: .repoDigests)
        try container.encode("", forKey: .parent)
        try container.encode("", forKey: .comment)
        try container.encode(configuration.created ?? image.createdAt.rfc3339, forKey: .created)
        try container.encode("", forKey: .dockerVersion)
        try container.encode(configuration.author ?? "", forKey: .author)
        try container.encode(configuration.config ?? .init(), forKey: .config)
        try container.encode(configuration.architecture, forKey: .architecture)
        try container.encodeIfPresent(configuration.variant, forKey: .variant)
        try container.encode(configuration.os, forKey: .os)
        try container.encode(image.documents.size, forKey: .size)
        try container.encode(RootFS(layers: configuration.rootfs.diffIDs), forKey: .rootFS)
        try container.encode(["LastTagTime": image.createdAt.rfc3339], forKey: .metadata)
    }
}

/// The answer to `/distribution/{name}/json`.
struct EngineDistributionDocument: Encodable {
    private let documents: ImageDocuments

    init(_ documents: ImageDocuments) { self.documents = documents }

    private enum CodingKeys: String, CodingKey {
        case descriptor = "Descriptor"
        case platforms = "Platforms"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        var descriptor = documents.descriptor
        descriptor.platform = nil
        try container.encode(descriptor, forKey: .descriptor)
        let configuration = documents.configuration
        try container.encode(
            [["os": configuration.os, "architecture": configuration.architecture]], forKey: .platforms)
    }
}

extension Reference {
    /// The name as docker shows it: without the registry where that is Docker Hub.
    var familiar: String {
        guard registry == "docker.io" else { return tagged }
        let path = repository.hasPrefix("library/") ? String(repository.dropFirst("library/".count)) : repository
        return "\(path):\(tag ?? Reference.defaultTag)"
    }
}
