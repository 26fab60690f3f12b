import FoundationEssentials
public import Images
public import Layers
public import OCI
import Python

/// What `cooperage inspect` tells of an image: configuration, layers, packages.
public struct ImageReport: Sendable, Hashable, Encodable {
    /// How the user named it.
    public let name: String
    /// The digest of the manifest.
    public let digest: Digest
    /// What it runs on.
    public let platform: Platform
    /// When it was made, RFC 3339.
    public let created: String?
    /// What a container starts with.
    public let config: ImageConfiguration.Execution
    /// The manifest's annotations.
    public let annotations: [String: String]
    /// The layers, lowest first.
    public let layers: [Layer]
    /// The Python distributions that are installed, by name.
    public let packages: [Package]

    /// One layer.
    public struct Layer: Sendable, Hashable, Encodable {
        /// The digest of the blob.
        public let digest: Digest
        /// Its length in bytes.
        public let size: Int64
        /// What the history says of it.
        public let comment: String
    }

    /// An installed distribution.
    public struct Package: Sendable, Hashable, Encodable {
        /// Its name.
        public let name: String
        /// Its version.
        public let version: String
        /// The directory that it is in.
        public let location: String
    }

    /// Describes an image.
    /// - Parameters:
    ///   - name: how the user named it.
    ///   - tree: the files of all its layers.
    public init(_ image: Image, name: String, tree: FileTree) {
        self.name = name
        digest = image.descriptor.digest
        platform = image.configuration.platform
        created = image.configuration.created
        config = image.configuration.config ?? ImageConfiguration.Execution()
        annotations = image.manifest.annotations ?? [:]
        let history = (image.configuration.history ?? []).filter { $0.emptyLayer != true }
        layers = image.manifest.layers.enumerated().map { number, layer in
            let entry = number < history.count ? history[number] : nil
            return Layer(digest: layer.digest, size: layer.size, comment: entry?.comment ?? entry?.createdBy ?? "")
        }
        packages = InstalledDistribution.all(in: tree).map {
            Package(name: $0.name, version: $0.version, location: $0.location)
        }
    }

    /// The report as canonical JSON, without a line feed.
    public func json() throws -> String { String(decoding: try CanonicalJSON.encode(self), as: UTF8.self) }

    /// The report for people.
    public func text(_ palette: Palette = .plain) -> String {
        var lines: [(String, String)] = [
            ("image", name), ("digest", digest.description), ("platform", platform.description),
        ]
        if let created { lines.append(("created", created)) }
        if let user = config.user, !user.isEmpty { lines.append(("user", user)) }
        if let directory = config.workingDir { lines.append(("workdir", directory)) }
        if let words = config.entrypoint { lines.append(("entrypoint", Self.array(words))) }
        if let words = config.cmd { lines.append(("cmd", Self.array(words))) }
        lines += (config.env ?? []).map { ("env", $0) }
        lines += (config.exposedPorts ?? [:]).keys.sorted().map { ("port", $0) }
        lines += (config.volumes ?? [:]).keys.sorted().map { ("volume", $0) }
        lines += (config.labels ?? [:]).sorted { $0.key < $1.key }.map { ("label", "\($0.key)=\($0.value)") }
        lines += annotations.sorted { $0.key < $1.key }.map { ("annotation", "\($0.key)=\($0.value)") }
        var text = FieldsReport(lines.map { .init($0.0, $0.1) }).text(palette)
        var table = Columns([("LAYER", .left), ("SIZE", .right), ("COMMENT", .left)])
        for layer in layers {
            table.append([layer.digest.short, formatted(bytes: layer.size), shortened(layer.comment, to: 80)])
        }
        text += "\n" + table.text(palette)
        if !packages.isEmpty {
            var table = Columns([("PACKAGE", .left), ("VERSION", .left), ("LOCATION", .left)])
            for package in packages { table.append([package.name, package.version, package.location]) }
            text += "\n" + table.text(palette)
        }
        let size = layers.reduce(0) { $0 + $1.size }
        text +=
            "\n\(counted(layers.count, "layer")), \(formatted(bytes: size)); \(counted(packages.count, "package"))\n"
        return text
    }

    /// Words as a JSON array, as Dockerfiles write them.
    private static func array(_ words: [String]) -> String {
        guard let bytes = try? CanonicalJSON.encode(words) else { return "" }
        return String(decoding: bytes, as: UTF8.self)
    }
}
