public import Images
public import Layers
public import OCI
public import Spec

extension BuildEngine {
    /// An image wherever it lies, and its files. Its layers are read once and remembered by digest.
    /// - Parameter platform: nil takes the only one, or the host's.
    public func inspect(_ source: BaseSource, platform: Platform?) async throws -> (image: Image, tree: FileTree) {
        let base = try await events.phase(.base) { try await bases.resolve(source, platform: platform) }
        return (base.image, try await base.tree())
    }

    /// An image wherever it lies, by its documents: none of its layers is read.
    /// - Parameter platform: nil takes the only one, or the host's.
    public func image(_ source: BaseSource, platform: Platform?) async throws -> Image {
        try await events.phase(.base) { try await bases.resolve(source, platform: platform) }.image
    }
}
