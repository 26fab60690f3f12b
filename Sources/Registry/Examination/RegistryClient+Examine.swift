public import OCI

extension RegistryClient {
    /// Finds out what a registry does by asking it, in a repository into which we may push. What it is given is the same few
    /// bytes each time, and is deleted again where it deletes; uploads of some megabytes are cancelled.
    /// - Throws: `TransferError` or `RegistryError` where it cannot be spoken to at all.
    public func examine(_ repository: Reference) async throws -> RegistryDiagnosis {
        var examination = RegistryExamination(self, repository, at: try await endpoint(repository))
        return try await examination.run()
    }
}
