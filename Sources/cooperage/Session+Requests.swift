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
        let given = try flags.platforms.first.map { try Platform($0.value) }
        func configuration(
            of source: BaseSource, _ platform: Platform?
        ) async throws -> ImageConfiguration.Execution? {
            // What a server's catalog makes is not made here to be looked at.
            if case .catalog = source, surroundings.buildsOnServer { return nil }
            return try await engine(configure).image(source, platform: platform ?? given).configuration.config
                ?? .init()
        }
        let base = try dockerfile.lowering.base()
        let known = try await configuration(of: base.source, base.platform)
        var request = dockerfile
        for other in try dockerfile.lowering.otherBases() {
            request.lowering.otherConfigurations[other] = try await configuration(of: other.source, other.platform)
        }
        try FileSystem.makeDirectory(surroundings.cache)
        let scratch = try FileSystem.makeTemporaryDirectory(prefix: surroundings.cache.appending("dockerfile-"))
        defer { try? FileSystem.removeTree(scratch) }
        return try await body(try request.request(base: known, scratch: scratch))
    }
}
