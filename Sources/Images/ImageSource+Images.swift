import Content
import Diagnostics
public import OCI

extension ImageSource {
    /// The images that are there, one for each platform, in the order of the index.
    ///
    /// What an index holds beside images, such as provenance (entries for the platform `unknown/unknown`), is left out.
    /// - Parameter platform: nil takes all of an index, else the image for that platform alone.
    /// - Returns: the images, and whether an index holds them.
    public func images(for platform: Platform?) async throws -> (images: [Image], isIndex: Bool) {
        let root = try await root()
        guard platform == nil, root.mediaType.isIndex else { return ([try await image(for: platform)], false) }
        let index = try ImageDocument.decode(Index.self, from: await document(root), what: "image index")
        var images: [Image] = []
        for entry in index.manifests where entry.platform?.os != "unknown" {
            guard entry.mediaType.isManifest else {
                throw ImageError(
                    .invalidImage, "\(name) holds a '\(entry.mediaType)' where an image belongs",
                    hints: ["choose one image by --platform"])
            }
            let manifestBytes = try await document(entry)
            let manifest = try ImageDocument.decode(Manifest.self, from: manifestBytes, what: "manifest")
            let configuration = try await blob(manifest.config).readAll(limit: ImageDocument.limit)
            images.append(
                try Image(manifestBytes: manifestBytes, configurationBytes: configuration) { try await self.blob($0) })
        }
        return (images, true)
    }
}
