public import Content
import Diagnostics
public import OCI
public import SystemPackage

/// An OCI layout directory: `oci-layout`, `index.json` and `blobs/` (OCI image specification, image-layout.md).
public struct OCILayout: ImageSource {
    /// The directory.
    public let path: FilePath
    /// Which of several images, by the annotation that holds its name; nil for the only one.
    public let reference: String?
    private let store: DirectoryBlobStore

    /// How people call it.
    public var name: String { "the layout '\(path)'" }

    /// Opens a layout that is there.
    /// - Throws: `ImageError` (`image_not_found`) when the directory is none.
    public init(_ path: FilePath, reference: String? = nil) throws {
        guard FileSystem.exists(path.appending("oci-layout")), FileSystem.exists(path.appending("index.json")) else {
            throw ImageError(
                .imageNotFound, "'\(path)' is not an OCI layout",
                hints: ["a layout directory holds the files oci-layout and index.json"])
        }
        self.path = path
        self.reference = reference
        store = DirectoryBlobStore(reading: path)
    }

    /// The descriptor of the image or index.
    public func root() async throws -> Descriptor {
        let manifests = try index().manifests
        let named = manifests.filter { entry in
            guard let reference else { return true }
            return entry.annotations?[Self.referenceName] == reference
                || entry.annotations?[Self.imageName] == reference
        }
        guard let first = named.first, Set(named.map(\.digest)).count == 1 else {
            let names = manifests.compactMap { $0.annotations?[Self.imageName] ?? $0.annotations?[Self.referenceName] }
            throw ImageError(
                .imageNotFound,
                named.isEmpty
                    ? "\(name) holds no image\(reference.map { " '\($0)'" } ?? "")"
                    : "\(name) holds \(Set(named.map(\.digest)).count) images",
                hints: names.isEmpty ? [] : ["it holds \(names.joined(separator: ", "))"])
        }
        return first
    }

    /// A manifest or an index.
    public func document(_ descriptor: Descriptor) async throws -> [UInt8] {
        let bytes = try await blob(descriptor).readAll(limit: ImageDocument.limit)
        let digest = try Digester.digest(of: bytes)
        guard digest == descriptor.digest else {
            throw ImageError(
                .invalidImage, "\(name) holds other bytes under \(descriptor.digest): they hash to \(digest)")
        }
        return bytes
    }

    /// A blob.
    public func blob(_ descriptor: Descriptor) async throws -> Blob {
        guard let blob = try store.blob(descriptor.digest) else {
            throw ImageError(.invalidImage, "\(name) lacks the blob \(descriptor.digest)")
        }
        return blob
    }

    private func index() throws -> Index {
        let bytes = try FileSystem.read(path.appending("index.json"), limit: ImageDocument.limit)
        return try ImageDocument.decode(Index.self, from: bytes, what: "index.json of \(name)")
    }

    /// The annotation that holds a tag (image-layout.md).
    static let referenceName = "org.opencontainers.image.ref.name"
    /// The annotation by which containerd and others keep the full name.
    static let imageName = "io.containerd.image.name"
}
