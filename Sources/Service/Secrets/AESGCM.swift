import COpenSSL
import Diagnostics

/// AES-256 in Galois/counter mode (NIST SP 800-38D) by OpenSSL, for what fits into memory.
enum AESGCM {
    static let keySize = 32
    static let nonceSize = 12
    static let tagSize = 16

    static func seal(
        _ plaintext: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]
    ) throws(ServiceError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        let context = try Context()
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
        var tag = [UInt8](repeating: 0, count: tagSize)
        var count: Int32 = 0
        guard key.count == keySize, nonce.count == nonceSize,
            EVP_EncryptInit_ex(context.handle, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_EncryptUpdate(context.handle, nil, &count, associated, Int32(associated.count)) == 1,
            EVP_EncryptUpdate(context.handle, &ciphertext, &count, plaintext, Int32(plaintext.count)) == 1,
            EVP_EncryptFinal_ex(context.handle, nil, &count) == 1,
            EVP_CIPHER_CTX_ctrl(context.handle, EVP_CTRL_GCM_GET_TAG, Int32(tagSize), &tag) == 1
        else { throw ServiceError(.undecipherable, "OpenSSL cannot encrypt by AES-256-GCM") }
        return (ciphertext, tag)
    }

    static func open(
        _ ciphertext: [UInt8], tag: [UInt8], key: [UInt8], nonce: [UInt8], associated: [UInt8]
    ) throws(ServiceError) -> [UInt8] {
        let context = try Context()
        var plaintext = [UInt8](repeating: 0, count: ciphertext.count)
        var tag = tag
        var count: Int32 = 0
        guard key.count == keySize, nonce.count == nonceSize, tag.count == tagSize,
            EVP_DecryptInit_ex(context.handle, EVP_aes_256_gcm(), nil, key, nonce) == 1,
            EVP_DecryptUpdate(context.handle, nil, &count, associated, Int32(associated.count)) == 1,
            EVP_DecryptUpdate(context.handle, &plaintext, &count, ciphertext, Int32(ciphertext.count)) == 1,
            EVP_CIPHER_CTX_ctrl(context.handle, EVP_CTRL_GCM_SET_TAG, Int32(tagSize), &tag) == 1
        else { throw ServiceError(.undecipherable, "OpenSSL cannot decrypt by AES-256-GCM") }
        // Nothing of the plaintext is handed out before the tag was found right.
        guard EVP_DecryptFinal_ex(context.handle, nil, &count) == 1 else {
            throw ServiceError(
                .undecipherable, "a stored secret was changed, or is not meant for the place where it was found")
        }
        return plaintext
    }

    /// The cipher's state; the handle lives and dies with it.
    private final class Context {
        let handle: OpaquePointer

        init() throws(ServiceError) {
            guard let handle = EVP_CIPHER_CTX_new() else {
                throw ServiceError(.undecipherable, "OpenSSL has no memory for a cipher")
            }
            self.handle = handle
        }

        deinit { EVP_CIPHER_CTX_free(handle) }
    }
}

/// HMAC with SHA-256 (RFC 2104), in hexadecimal.
func hmacSHA256(_ message: some Sequence<UInt8>, key: [UInt8]) throws(ServiceError) -> String {
    var code = [UInt8](repeating: 0, count: 32)
    var length: UInt32 = 0
    let message = Array(message)
    guard HMAC(EVP_sha256(), key, Int32(key.count), message, message.count, &code, &length) != nil else {
        throw ServiceError(.undecipherable, "OpenSSL cannot compute an HMAC")
    }
    return hexadecimal(code)
}
