import Build
import Content
import Dockerfile
import Images
import Interface
import OCI
import Registry
import Spec
import SystemPackage

extension Session {
    /// Makes the request that flags come to, by a Dockerfile where they name one, and works with it.
    /// - Parameter hosts: how registries are reached, where the base of a Dockerfile is looked up.
    func withRequest<Value>(
        _ context: FilePath, _ flags: Settings, _ surroundings: Surroundings,
        _ hosts: RegistryHosts, _ body: (BuildRequest) async throws -> Value
    ) async throws -> Value {
        guard let dockerfile = try DockerfileRequest(context: context, flags: flags, in: surroundings) else {
            return try await body(try BuildRequest(context: context, flags: flags, in: surroundings))
        }
        var request = dockerfile
        for number in dockerfile.lowerings.indices {
            let lowering = dockerfile.lowerings[number]
            func configuration(
                of source: BaseSource, _ platform: Platform?
            ) async throws -> ImageConfiguration.Execution? {
                // What a server's catalog makes is not made here to be looked at.
                if case .catalog = source, surroundings.buildsOnServer { return nil }
                let platform = platform ?? (flags.platforms.isEmpty ? nil : lowering.platform)
                return try await engine(hosts).image(source, platform: platform).configuration.config ?? .init()
            }
            let base = try lowering.base()
            request.lowerings[number].baseConfiguration = try await configuration(of: base.source, base.platform)
            for other in try lowering.otherBases() {
                request.lowerings[number].otherConfigurations[other] = try await configuration(
                    of: other.source, other.platform)
            }
        }
        try FileSystem.makeDirectory(surroundings.cache)
        let scratch = try FileSystem.makeTemporaryDirectory(prefix: surroundings.cache.appending("dockerfile-"))
        defer { try? FileSystem.removeTree(scratch) }
        return try await body(try request.request(scratch: scratch))
    }
}
