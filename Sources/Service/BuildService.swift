
/// The service without its doors: what every door (REST, the Docker Engine endpoint) offers is a method here, and each one
/// takes the project that the caller may act in. Who the caller is was found out before.
public struct BuildService: Sendable {
    /// What is remembered.
    public let store: any MetadataStore
    /// The content of contexts, by project.
    public let contexts: ContextStorage
    /// Encrypts what is secret.
    public let vault: Vault

    /// Takes the parts.
    public init(store: any MetadataStore, contexts: ContextStorage, vault: Vault) {
        self.store = store
        self.contexts = contexts
        self.vault = vault
    }
}
