import Content
import Diagnostics
public import Images
public import OCI
import Spec
import SystemPackage

extension BuildEngine {
    /// Writes a finished image where files are asked for.
    func export(_ images: ImageSet, to output: BuildOutput, tags: [Reference]) async throws {
        let events = events
        try await images.write(to: output, tags: tags) { layer in
            let report = ProgressReport(events, .exporting, subject: layer.digest.short, total: layer.size)
            report.finished(at: layer.size)
        }
    }
}

extension ImageSet {
    /// Writes images where files are asked for; nothing where they go to a registry.
    /// - Parameters:
    ///   - tags: the names that a layout or an archive gives them.
    ///   - progress: told of each layer of a layout as it is written.
    public func write(
        to output: BuildOutput, tags: [Reference], progress: @Sendable (Descriptor) -> Void = { _ in }
    ) async throws {
        switch output {
        case .registry: break
        case .layout(let path): try await OCILayoutWriter(path).write(self, tags: tags, progress: progress)
        case .dockerArchive(let path):
            guard let image = images.first, images.count == 1 else {
                throw BuildError(
                    .invalidOutput, "a docker archive holds one image, not an index over several platforms",
                    hints: ["build for one --platform, or write a layout by --output type=oci"])
            }
            let file = try TemporaryFile(besides: path)
            try await DockerArchiveWriter.write(image, tags: tags) { try file.write($0) }
            try file.commit(to: path)
        }
    }
}
