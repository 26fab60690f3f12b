import Build
import Content
import Diagnostics
import Dockerfile
import Spec
import SystemPackage

/// A Dockerfile and what goes with it, as flags name them: its text, its arguments, and what the context holds.
struct DockerfileSource: Sendable {
    let path: FilePath
    let text: String
    let context: FilePath
    let buildArguments: [String: String]
    let target: String?
    let catalogNames: Set<String>
    /// The rules of the Dockerfile alone, or those of the context.
    let ignoreFile: (path: FilePath, text: String)?

    /// - Throws: `InterfaceError` where there is no such file, or where a build argument is none.
    init(_ given: Given<String>, context: FilePath, flags: Settings, in surroundings: Surroundings) throws {
        path = given.origin.path(given.value)
        guard try FileSystem.status(path)?.kind == .file else {
            throw given.origin.error("there is no file '\(path)'", hints: ["name the Dockerfile's own path"])
        }
        guard let text = String(validating: try FileSystem.read(path, limit: 1 << 20), as: UTF8.self) else {
            throw given.origin.error("'\(path)' is not UTF-8")
        }
        self.text = text
        self.context = context
        var arguments: [String: String] = [:]
        for given in flags.buildArguments {
            let variable = try given.read { try EnvironmentVariable($0, from: surroundings.environment) }
            if let variable { arguments[variable.name] = variable.value }
        }
        buildArguments = arguments
        target = flags.target?.value
        catalogNames = Set(try BaseCatalog(environment: surroundings.environment).names())
        var ignoreFile: (FilePath, String)?
        for path in [FilePath(path.string + ".dockerignore"), context.appending(".dockerignore")]
        where ignoreFile == nil && FileSystem.exists(path) {
            ignoreFile = (path, String(decoding: try FileSystem.read(path, limit: 1 << 20), as: UTF8.self))
        }
        self.ignoreFile = ignoreFile
    }

    /// What stands at a path of the context.
    var contextEntry: @Sendable (_ path: String) -> DockerfileLowering.ContextEntry? {
        let root = context
        return { path in
            // What cannot be looked at is not there; the build says why.
            switch (try? FileSystem.status(root.appending(path), followingLinks: true))?.kind {
            case .directory: .directory
            case nil: nil
            default: .file
            }
        }
    }
}
