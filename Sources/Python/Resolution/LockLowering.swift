import Content
import Diagnostics
import Programs
import SystemPackage

/// Reads locks, whichever kind they are, in the standard form.
struct LockLowering: Sendable {
    let uv: UvTool
    let environment: UvEnvironment
    /// Where uv writes.
    let scratch: FilePath
    /// What is wanted of the projects.
    let selection: ProjectSelection
    /// Whether a uv.lock has to fit its project.
    let isLocked: Bool
    /// What no message may hold.
    let credentials: URLCredentials

    /// The lock in a file, its paths absolute.
    func document(of manifest: Manifest) async throws -> PylockDocument {
        let text =
            manifest.kind == .uvLock
            ? try await export(manifest) : String(decoding: try FileSystem.read(manifest.path), as: UTF8.self)
        var document = try PylockDocument(text: text, name: manifest.path.string)
        let directory = manifest.kind == .uvLock ? scratch : try FileSystem.absolute(manifest.directory)
        let wanted = selection.lockSelection(in: document)
        for index in document.packages.indices {
            document.packages[index].makePathsAbsolute(from: directory)
            document.packages[index].marker = document.packages[index].marker.map(wanted.answered)
        }
        return document
    }

    /// A uv.lock in the standard form, of it what is wanted.
    private func export(_ manifest: Manifest) async throws -> String {
        let directory = try FileSystem.absolute(manifest.directory)
        let answer = scratch.appending("pylock.export.toml")
        let output = try await uv.run(
            [
                "export", isLocked ? "--locked" : "--frozen", "--no-build", "--format", "pylock.toml", "--output-file",
                answer.string, "--no-header", "--project", directory.string,
            ] + selection.exportArguments(of: manifest), environment: environment, directory: directory)
        guard output.succeeded else {
            let error = UvFailure.error(from: output, doing: "read '\(manifest.path)'", without: credentials)
            guard isLocked, output.standardError.contains("needs to be updated") else { throw error }
            throw try await outdated(manifest, directory)
        }
        return String(decoding: try FileSystem.read(answer), as: UTF8.self)
    }

    /// The error for a uv.lock that uv would write anew, with what uv would change.
    private func outdated(_ manifest: Manifest, _ directory: FilePath) async throws -> PythonError {
        let output = try await uv.run(
            ["lock", "--dry-run", "--no-build", "--project", directory.string], environment: environment,
            directory: directory)
        let changes = output.standardError.split(separator: "\n").filter { line in
            ["Add ", "Remove ", "Update "].contains { line.hasPrefix($0) }
        }
        return .outdated(manifest.path, changes: changes.map(String.init), by: "uv lock")
    }
}
