import Images
import OCI
import Spec

extension BuildCache {
    /// The image that `FROM scratch` starts from: no layer.
    func emptyImage(_ platform: Platform) throws -> Image {
        try keep(
            ImageConfiguration(
                created: Timestamp.reproducible.rfc3339, platform: platform, config: BaseSource.scratchConfiguration,
                rootfs: .init(diffIDs: [])), layers: [])
    }
}
