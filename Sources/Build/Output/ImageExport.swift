import Content
import Diagnostics
import Images
import OCI
import Spec
import SystemPackage

extension BuildEngine {
    /// Writes a finished image where files are asked for.
    func export(_ images: ImageSet, to output: BuildOutput, tags: [Reference]) async throws {
        switch output {
        case .registry: break
        case .layout(let path):
            let events = events
            try await OCILayoutWriter(path).write(images, tags: tags) { layer in
                let report = ProgressReport(events, .exporting, subject: layer.digest.short, total: layer.size)
                report.finished(at: layer.size)
            }
        case .dockerArchive(let path):
            guard let image = images.images.first, images.images.count == 1 else {
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
