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
        let base = try dockerfile.lowering.base()
        var configuration: ImageConfiguration.Execution?
        // What a server's catalog makes is not made here to be looked at.
        let isServers = if case .catalog = base.source { surroundings.buildsOnServer } else { false }
        if !isServers {
            let platform = try base.platform ?? flags.platforms.first.map { try Platform($0.value) }
            let image = try await engine(configure).image(base.source, platform: platform)
            configuration = image.configuration.config ?? .init()
        }
        try FileSystem.makeDirectory(surroundings.cache)
        let scratch = try FileSystem.makeTemporaryDirectory(prefix: surroundings.cache.appending("dockerfile-"))
        defer { try? FileSystem.removeTree(scratch) }
        return try await body(try dockerfile.request(base: configuration, scratch: scratch))
    }
}
