/// Encrypts secrets at rest (AES-256-GCM by OpenSSL). What it seals names the key that it was sealed with, so that keys can
/// be rotated.
public struct Vault: Sendable {
    /// Makes a vault.
    public init() {}
}
