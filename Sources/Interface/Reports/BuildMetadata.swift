import Build
import FoundationEssentials
public import Images
public import OCI

/// What `--metadata-file` and `--iidfile` tell of a finished image, as buildx tells it.
public struct BuildMetadata: Sendable, Hashable, Encodable {
    /// The digest of the manifest, or of the index.
    public let digest: Digest
    /// Its descriptor.
    public let descriptor: Descriptor
    /// The digest of the configuration; an index has none.
    public let configurationDigest: Digest?
    /// The image's names, joined by commas.
    public let imageName: String?

    private enum CodingKeys: String, CodingKey {
        case digest = "containerimage.digest"
        case descriptor = "containerimage.descriptor"
        case configurationDigest = "containerimage.config.digest"
        case imageName = "image.name"
    }

    /// Describes an image.
    public init(_ images: ImageSet, tags: [Reference]) {
        digest = images.root.digest
        descriptor = images.root
        configurationDigest = images.indexBytes == nil ? images.images.first?.manifest.config.digest : nil
        imageName = Self.imageName(tags)
    }

    /// Describes an image that is somewhere else.
    /// - Parameter imageID: the configuration's digest, of an index its own.
    public init(_ descriptor: Descriptor, imageID: Digest, tags: [Reference]) {
        digest = descriptor.digest
        self.descriptor = descriptor
        configurationDigest = imageID == descriptor.digest ? nil : imageID
        imageName = Self.imageName(tags)
    }

    private static func imageName(_ tags: [Reference]) -> String? {
        let names = tags.map { $0.tag == nil ? "\($0.name):\(Reference.defaultTag)" : $0.description }
        return names.isEmpty ? nil : names.joined(separator: ",")
    }

    /// The image's ID: the digest of the configuration, as docker means it; of an index, its own.
    public var imageID: Digest { configurationDigest ?? digest }

    /// The text of `--metadata-file`.
    public func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// The names by which a finished image is known for ever, `registry/repository@sha256:…`, one for each repository: of
/// those that it was pushed to, else of its first name; without a name, the digest. The last one is what a build
/// prints last.
public func digestReferences(_ digest: Digest, pushed: [Reference], tags: [Reference]) -> [String] {
    var names: [String] = []
    for reference in pushed.isEmpty ? Array(tags.prefix(1)) : pushed {
        let name = reference.pinned(to: digest).description
        if !names.contains(name) { names.append(name) }
    }
    return names.isEmpty ? [digest.description] : names
}
