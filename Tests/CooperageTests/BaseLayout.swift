import Content
import Diagnostics
import Images
import OCI
import SystemPackage

/// The smallest base: an image without a layer, as a layout. A build on it needs no network.
func writeEmptyBase(to path: FilePath) async throws {
    let configuration = ImageConfiguration(
        platform: Platform(os: "linux", architecture: "amd64"), rootfs: .init(diffIDs: []))
    let configurationBytes = [UInt8](try CanonicalJSON.encode(configuration))
    let manifest = Manifest(
        config: Descriptor(
            mediaType: .configuration, digest: try Digester.digest(of: configurationBytes),
            size: Int64(configurationBytes.count)), layers: [])
    let image = try Image(
        manifestBytes: [UInt8](try CanonicalJSON.encode(manifest)), configurationBytes: configurationBytes
    ) { descriptor in throw ContentError(.notFound, "there is no layer \(descriptor.digest)") }
    try await OCILayoutWriter(path).write(ImageSet(image), tags: [])
}
