import Content
import Diagnostics
import SystemPackage

/// Reads locks, whichever kind they are, in the standard form.
struct LockLowering: Sendable {
    let uv: UvTool
    let environment: UvEnvironment
    /// Where uv writes.
    let scratch: FilePath

    /// The lock in a file, its paths absolute.
    func document(of manifest: Manifest) async throws -> PylockDocument {
        let text =
            manifest.kind == .uvLock
            ? try await export(manifest) : String(decoding: try FileSystem.read(manifest.path), as: UTF8.self)
        var document = try PylockDocument(text: text, name: manifest.path.string)
        let directory = manifest.kind == .uvLock ? scratch : try FileSystem.absolute(manifest.directory)
        for index in document.packages.indices { document.packages[index].makePathsAbsolute(from: directory) }
        return document
    }

    /// A uv.lock in the standard form, without the project itself, whose code comes into the image as files, and
    /// without what is only for its development.
    private func export(_ manifest: Manifest) async throws -> String {
        let directory = try FileSystem.absolute(manifest.directory)
        let answer = scratch.appending("pylock.export.toml")
        let output = try await uv.run(
            [
                "export", "--frozen", "--format", "pylock.toml", "--output-file", answer.string, "--no-header",
                "--no-dev", "--no-emit-project", "--project", directory.string,
            ], environment: environment, directory: directory)
        guard output.succeeded else { throw UvFailure.error(from: output, doing: "read '\(manifest.path)'") }
        return String(decoding: try FileSystem.read(answer), as: UTF8.self)
    }
}
