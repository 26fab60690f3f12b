import COpenSSL
public import Diagnostics
import FoundationEssentials
import OCI

/// Encrypts secrets at rest (AES-256-GCM by OpenSSL). What it seals names the key that it was sealed with, so that keys can
/// be rotated: the first key seals, all of them open.
///
/// A sealed secret is `1`, the length of the key's id, the id, a nonce of 96 random bits, a tag of 128 bits, and the
/// ciphertext. The id and what the secret is for are bound to it: bytes that are moved to another place of the database
/// do not open there.
public struct Vault: Sendable {
    private let keys: VaultKeys
    private static let format: UInt8 = 1

    /// Makes a vault of keys.
    public init(keys: VaultKeys) { self.keys = keys }

    /// Encrypts bytes.
    /// - Parameter purpose: what the secret is for; opening it takes the same.
    /// - Throws: `ServiceError` (`undecipherable`) when OpenSSL does not work.
    public func seal(_ secret: some Sequence<UInt8>, for purpose: String) throws(ServiceError) -> [UInt8] {
        let key = keys.sealing
        let nonce = try randomBytes(AESGCM.nonceSize)
        let box = try AESGCM.seal(
            Array(secret), key: key.bytes, nonce: nonce, associated: Self.associated(purpose, key.id))
        return [Self.format, UInt8(key.id.utf8.count)] + Array(key.id.utf8) + nonce + box.tag + box.ciphertext
    }

    /// Decrypts what was sealed.
    /// - Throws: `ServiceError` (`undecipherable`): the key is not at hand, the bytes were changed, or the purpose is
    ///   another.
    public func open(_ sealed: [UInt8], for purpose: String) throws(ServiceError) -> [UInt8] {
        guard sealed.count >= 2, sealed[0] == Self.format else {
            throw ServiceError(.undecipherable, "a stored secret is not of a form that is known here")
        }
        let idEnd = 2 + Int(sealed[1])
        let bodyStart = idEnd + AESGCM.nonceSize + AESGCM.tagSize
        guard sealed.count >= bodyStart else {
            throw ServiceError(.undecipherable, "a stored secret is cut off")
        }
        let id = String(decoding: sealed[2..<idEnd], as: UTF8.self)
        guard let key = keys[id] else {
            throw ServiceError(
                .undecipherable, "a stored secret was sealed with the key '\(id)', which is not among the vault's keys",
                hints: ["add the key behind the first one, or store the credential again"])
        }
        return try AESGCM.open(
            Array(sealed[bodyStart...]), tag: Array(sealed[(idEnd + AESGCM.nonceSize)..<bodyStart]), key: key.bytes,
            nonce: Array(sealed[idEnd..<(idEnd + AESGCM.nonceSize)]), associated: Self.associated(purpose, id))
    }

    /// Encrypts a value's JSON.
    public func seal(value: some Encodable, for purpose: String) throws -> [UInt8] {
        try seal(CanonicalJSON.encode(value), for: purpose)
    }

    /// Decrypts a value's JSON.
    public func open<Value: Decodable>(_ type: Value.Type, from sealed: [UInt8], for purpose: String) throws -> Value {
        let bytes = try open(sealed, for: purpose)
        // The decoder's own errors may quote what they could not read.
        guard let value = try? CanonicalJSON.decode(type, from: Data(bytes)) else {
            throw ServiceError(.undecipherable, "a stored secret does not hold what it is for")
        }
        return value
    }

    /// Whether a sealed secret should be sealed anew, since another key is the first one now.
    public func isOutdated(_ sealed: [UInt8]) -> Bool {
        guard sealed.count >= 2, sealed[0] == Self.format, sealed.count >= 2 + Int(sealed[1]) else { return false }
        return String(decoding: sealed[2..<(2 + Int(sealed[1]))], as: UTF8.self) != keys.sealing.id
    }

    private static func associated(_ purpose: String, _ id: String) -> [UInt8] {
        Array("cooperage \(format) \(id.utf8.count) \(id) \(purpose)".utf8)
    }
}
