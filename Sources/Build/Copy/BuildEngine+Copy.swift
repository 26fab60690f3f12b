import Content
import Diagnostics
import Images
public import OCI
import Registry
public import Spec
import SystemPackage

extension BuildEngine {
    /// Copies an image from where it lies to where it is wanted, to the byte. What is there already is not sent, and blobs of
    /// the same registry are mounted.
    /// - Parameter platform: nil copies all platforms of an index, else the image for that one alone.
    public func copy(_ source: BaseSource, platform: Platform?, to destination: CopyDestination) async throws
        -> CopyResult
    {
        let images = try await imageSource(source)
        return try await events.phase(.output) {
            let content = try await images.content(platform: platform)
            var uploaded: Int64?
            switch destination {
            case .registry(let name):
                uploaded = try await push(content, from: images, source: source, to: name)
            case .layout(let path):
                let events = events
                try await OCILayoutWriter(path).write(content, from: images, tags: source.names) { blob in
                    let report = ProgressReport(events, .exporting, subject: blob.digest.short, total: blob.size)
                    report.finished(at: blob.size)
                }
            case .archive(let path):
                let platforms = content.documents.filter { $0.descriptor.mediaType.isManifest }
                guard platforms.count == 1 else {
                    throw BuildError(
                        .invalidOutput, "a docker archive holds one image, not an index over \(platforms.count)",
                        hints: ["choose one by --platform, or copy to a layout: oci:DIR"])
                }
                let image = try await images.image(for: platform)
                try await ImageSet(image).write(to: .dockerArchive(path), tags: source.names)
            }
            let root = content.root.digest
            let reference =
                if case .registry(let name) = destination {
                    name.pinned(to: root).description
                } else {
                    root.description
                }
            return CopyResult(
                digest: root, reference: reference, blobs: content.blobs.map(\.digest), uploadedBytes: uploaded)
        }
    }

    /// Gives an image of a registry further names in its repository; nothing but its manifest is sent.
    /// - Returns: the digest of what has the names.
    public func tag(_ image: Reference, as names: [Reference]) async throws -> Digest {
        for name in names {
            guard name.name == image.name, name.digest == nil else {
                throw BuildError(
                    .invalidOutput,
                    name.digest == nil
                        ? "'\(name)' is in another repository than '\(image)'"
                        : "'\(name)' holds a digest, which an image gets only from its content",
                    hints: [name.digest == nil ? "cooperage copy brings it there" : "name it by a tag alone"])
            }
        }
        let content = try await registries.manifest(image, asksMirrors: false)
        for name in names {
            try await registries.put(content, to: name, tag: name.identifier)
            events.emit(.notice("\(name.tagged) is \(content.descriptor.digest)"))
        }
        return content.descriptor.digest
    }

    func imageSource(_ source: BaseSource) async throws -> any ImageSource {
        switch source {
        case .registry(let reference):
            return RegistryImages(reference, registries: registries, cache: configuration.cache)
        case .layout(let path): return try OCILayout(FilePath(path))
        case .archive(let path):
            guard try FileSystem.status(FilePath(path)) != nil else {
                throw BuildError(.invalidBase, "the archive '\(path)' does not exist", hints: ["name a file"])
            }
            let store = configuration.cache.blobs
            return try await blocking { try DockerArchive(FilePath(path), into: store) }
        case .scratch: throw BuildError(.invalidBase, "'scratch' is no image", hints: ["name one that lies somewhere"])
        case .catalog(let name):
            throw BuildError(
                .invalidBase, "'\(name)' is an entry of the catalog, and no image that lies anywhere",
                hints: [
                    "a directory is named oci:\(name); an entry is made by 'cooperage base build \(name)'"
                ])
        }
    }

    private func push(_ content: ImageContent, from images: any ImageSource, source: BaseSource, to name: Reference)
        async throws -> Int64
    {
        guard let push = try pushes(of: [name]).first else { return 0 }
        guard case .registry(let reference) = source, let images = images as? RegistryImages else {
            try await push.copy(content, from: images, mountingFrom: [])
            return push.uploadedBytes
        }
        try await push.copy(
            content, from: RelayedImages(images: images, registries: registries), mountingFrom: [reference])
        return push.uploadedBytes
    }
}

extension BaseSource {
    /// The name that an image of a registry has, for files that hold names.
    var names: [Reference] {
        guard case .registry(let reference) = self, reference.digest == nil else { return [] }
        return [reference]
    }
}
