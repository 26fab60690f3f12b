/// What an examination of a registry came to.
public struct RegistryDiagnosis: Sendable, Hashable {
    /// What was found out, one thing at a time.
    public let findings: [RegistryFinding]
    /// What pushes had better know beforehand; nil where nothing could be pushed.
    public let profile: StoredProfile?
}
