import Build
import Content
import Dockerfile
import Images
import Interface
import OCI
import Registry
import ServiceClient
import Spec
import SystemPackage

extension Session {
    /// Makes the request that flags come to, by a Dockerfile where they name one, and works with it.
    /// - Parameters:
    ///   - hosts: how registries are reached, where the base of a Dockerfile is looked up.
    ///   - catalog: asks the server that builds for its base images; nil takes this machine's catalog.
    func withRequest<Value>(
        _ context: FilePath, _ flags: Settings, _ surroundings: Surroundings,
        _ hosts: RegistryHosts, catalog: (() async throws -> [ServedBaseImage])? = nil,
        _ body: (BuildRequest) async throws -> Value
    ) async throws -> Value {
        guard let dockerfile = try DockerfileRequest(context: context, flags: flags, in: surroundings) else {
            return try await body(try BuildRequest(context: context, flags: flags, in: surroundings))
        }
        var request = dockerfile
        let served = try await catalog?()
        for number in dockerfile.lowerings.indices {
            if let served { request.lowerings[number].catalogNames = Set(served.map(\.name)) }
            let lowering = request.lowerings[number]
            func configuration(
                of source: BaseSource, _ platform: Platform?
            ) async throws -> ImageConfiguration.Execution? {
                var source = source
                // What a server's catalog makes is not made here to be looked at.
                if case .catalog(let name) = source, let served {
                    let entry = served.first { $0.name == name }
                    guard let reference = entry?.reference else { return entry?.config }
                    source = .registry(reference)
                }
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
