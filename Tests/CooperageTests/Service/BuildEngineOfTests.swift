import Build
import Foundation
import Images
import OCI
import Spec
import SystemPackage

/// The engine in this process, for `context/` of a directory: what `SiteClient.submission` asks a service for.
struct BuildEngineOfTests: Sendable {
    private let engine: BuildEngine
    private let spec: BuildSpec

    init(_ root: FilePath) throws {
        let context = root.appending("context")
        spec = BuildSpec(stages: [
            Stage(
                base: .layout(path: context.appending("base").string),
                steps: [
                    .python(
                        PythonStep(
                            manifests: [context.appending("requirements.txt").string],
                            indexes: PackageIndexes(findLinks: [context.appending("links").string]))),
                    .files(FilesStep(source: context.string, destination: "/app")),
                    .configuration(ConfigurationStep(workingDirectory: "/app")),
                ])
        ])
        var environment = ["HOME": root.string]
        environment["PATH"] = ProcessInfo.processInfo.environment["PATH"]
        engine = try BuildEngine(
            BuildEngine.Configuration(cache: try BuildCache(root.appending("cache")), environment: environment),
            events: .none)
    }

    func build() async throws -> Digest {
        try await engine.build(spec, tags: [], outputs: []).images.root.digest
    }
}
