public import OCI

extension RegistryClient {
    /// Finds out what a registry does by asking it, in a repository into which we may push. What it is given is the same few
    /// bytes each time, and is deleted again where it deletes.
    /// - Throws: `TransferError` or `RegistryError` where it cannot be spoken to at all.
    public func examine(_ repository: Reference) async throws -> [RegistryFinding] {
        var examination = RegistryExamination(self, repository, at: try endpoint(repository))
        return try await examination.run()
    }
}
