import Diagnostics
public import Registry
public import SystemPackage

/// How a server reaches registries, as its configuration says it. Nothing else of the machine counts: no variable, and no
/// directory of docker's or podman's that is not named.
public struct ServiceRegistries: Sendable {
    /// All but what lies in the files below.
    public var settings = RegistrySettings()
    /// Mirrors and the like, in the format of containers' registries.conf.
    public var configuration: FilePath?
    /// What `cooperage doctor --store` wrote.
    public var profiles: FilePath?

    /// Nothing particular.
    public init() {}

    /// Reads the files.
    /// - Throws: `ServiceError` (`invalid_configuration`) with the key or the file.
    func hosts() throws -> RegistryHosts {
        var settings = settings
        do {
            if let configuration { settings.configuration = try RegistriesConfiguration(files: [configuration]) }
            if let profiles { settings.profiles = try StoredProfiles(profiles) }
            return try RegistryHosts(settings)
        } catch let error as any Diagnostic {
            throw ServiceError(
                .invalidConfiguration, error.message, context: error.context, hints: error.hints, cause: error.cause)
        }
    }
}
