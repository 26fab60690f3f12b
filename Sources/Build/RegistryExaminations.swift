public import OCI
public import Registry

extension BuildEngine {
    /// What a registry does, found out by asking it in a repository into which we may push.
    public func examine(_ repository: Reference) async throws -> RegistryDiagnosis {
        try await registries.examine(repository)
    }
}
