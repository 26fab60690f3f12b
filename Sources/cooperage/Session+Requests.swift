import Build
import Content
import Dockerfile
import Images
import Interface
import OCI
import Spec
import SystemPackage

extension Session {
    /// Makes the request that flags come to, by a Dockerfile where they name one, and works with it.
    /// - Parameter configure: how the base of a Dockerfile is looked up.
    func withRequest<Value>(
        _ context: FilePath, _ flags: Settings, _ surroundings: Surroundings,
        configure: (inout BuildEngine.Configuration) -> Void, _ body: (BuildRequest) async throws -> Value
    ) async throws -> Value {
        guard let dockerfile = try DockerfileRequest(context: context, flags: flags, in: surroundings) else {
            return try await body(try BuildRequest(context: context, flags: flags, in: surroundings))
        }
        var configurations: [ImageConfiguration.Execution?] = []
        for lowering in dockerfile.lowerings {
            let base = try lowering.base()
            // What a server's catalog makes is not made here to be looked at.
            if case .catalog = base.source, surroundings.buildsOnServer {
                configurations.append(nil)
                continue
            }
            let platform = base.platform ?? (flags.platforms.isEmpty ? nil : lowering.platform)
            let image = try await engine(configure).image(base.source, platform: platform)
            configurations.append(image.configuration.config ?? .init())
        }
        try FileSystem.makeDirectory(surroundings.cache)
        let scratch = try FileSystem.makeTemporaryDirectory(prefix: surroundings.cache.appending("dockerfile-"))
        defer { try? FileSystem.removeTree(scratch) }
        return try await body(try dockerfile.request(bases: configurations, scratch: scratch))
    }
}
