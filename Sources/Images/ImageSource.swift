public import Content
import Diagnostics
public import OCI

/// A place that holds one image or an index: a registry's repository, a layout directory, an archive.
public protocol ImageSource: Sendable {
    /// How people call it, for errors.
    var name: String { get }
    /// The descriptor of what is there.
    func root() async throws -> Descriptor
    /// A manifest or an index by its descriptor, checked against the digest.
    func document(_ descriptor: Descriptor) async throws -> [UInt8]
    /// A blob by its descriptor.
    func blob(_ descriptor: Descriptor) async throws -> Blob
}

extension ImageSource {
    /// The image for a platform.
    /// - Parameter platform: nil takes the only image that is there, and of several the host's.
    /// - Throws: `ImageError` (`platform_not_found`) that names the platforms that are there.
    public func image(for platform: Platform?) async throws -> Image {
        var descriptor = try await root()
        // An index may hold indexes, by the specification; nobody nests them deeply.
        for _ in 0..<4 where descriptor.mediaType.isIndex {
            let index = try ImageDocument.decode(Index.self, from: await document(descriptor), what: "image index")
            let images = index.manifests.filter { $0.platform?.os != "unknown" }
            let only = platform == nil && images.count == 1 ? images.first : nil
            guard let entry = only ?? Index(manifests: images).manifest(for: platform ?? .host) else {
                let there = images.compactMap { $0.platform?.description }.joined(separator: ", ")
                throw ImageError(
                    .platformNotFound, "\(name) has no image for \(platform ?? .host)",
                    hints: [there.isEmpty ? "it names no platforms" : "it has images for \(there)"])
            }
            descriptor = entry
        }
        guard !descriptor.mediaType.isIndex else {
            throw ImageError(.invalidImage, "\(name) holds an index within an index within an index")
        }
        let manifestBytes = try await document(descriptor)
        let manifest = try ImageDocument.decode(Manifest.self, from: manifestBytes, what: "manifest")
        let configuration = try await blob(manifest.config).readAll(limit: ImageDocument.limit)
        let image = try Image(manifestBytes: manifestBytes, configurationBytes: configuration) {
            try await self.blob($0)
        }
        if let platform, !platform.runs(image.configuration.platform) {
            throw ImageError(
                .platformNotFound, "\(name) is an image for \(image.configuration.platform), not for \(platform)",
                hints: ["take a base for \(platform), or build for \(image.configuration.platform)"])
        }
        return image
    }
}
