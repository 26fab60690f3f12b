import Build
import Content
import Diagnostics
import FoundationEssentials
import Images
import Layers
import OCI
import Spec
import SystemPackage

/// The image that a server kept, fetched and written as a build on this machine writes it.
struct RemoteImage: Sendable {
    let images: ImageSet

    /// Fetches the image of a build.
    /// - Parameters:
    ///   - root: what it must be.
    ///   - scratch: a directory of its own.
    static func fetch(
        _ id: String, root: Descriptor, by client: ServiceClient, into scratch: FilePath, events: BuildEvents
    ) async throws -> RemoteImage {
        let archive = scratch.appending("image.tar")
        let file = ReceivedFile(archive)
        try await client.image(of: id, to: file) { count in
            events.emit(.progress(BuildProgress(activity: .downloading, subject: "image", done: count, total: nil)))
        }
        try file.commit()
        events.emit(
            .progress(
                BuildProgress(activity: .downloading, subject: "image", done: file.count, total: nil, isFinished: true))
        )
        let path = scratch.appending("image")
        try await blocking { try unpack(archive, into: path) }
        let layout = try OCILayout(path)
        let images = try await images(of: layout, root: layout.root())
        guard images.root.digest == root.digest else {
            throw client.invalid("the server hands out the image \(images.root.digest) for \(root.digest)")
        }
        return RemoteImage(images: images)
    }

    /// Writes what is known of a layout's files; each blob must have the digest that it is named by.
    private static func unpack(_ archive: FilePath, into layout: FilePath) throws {
        let store = try DirectoryBlobStore(layout)
        let tar = try TarReader(FileReader(archive))
        while let entry = try tar.next() {
            guard case .file = entry.kind else { continue }
            switch entry.path {
            case "oci-layout", "index.json":
                try FileSystem.write(
                    tar.content(limit: 8 << 20), to: layout.appending(entry.path), durably: false)
            case _ where entry.path.hasPrefix("blobs/sha256/"):
                let writer = try store.makeWriter()
                try tar.forEachContentChunk { try writer.write($0) }
                _ = try writer.commit(expecting: Digest("sha256:\(LayerPath.split(entry.path).name)"))
            default: break
            }
        }
    }

    private static func images(of layout: OCILayout, root: Descriptor) async throws -> ImageSet {
        guard root.mediaType.isIndex else { return ImageSet(try await layout.image(for: nil)) }
        let index = try CanonicalJSON.decode(Index.self, from: Data(await layout.document(root)))
        var images: [Image] = []
        for entry in index.manifests { images.append(try await layout.image(for: entry.platform)) }
        return try ImageSet(index: images)
    }

    /// The image's layers, lowest first.
    var layers: [Digest] { images.images.flatMap { $0.manifest.layers.map(\.digest) } }
}
