import COpenSSL
public import Diagnostics
public import OCI

/// A SHA-256 computation in progress, by OpenSSL.
///
/// Not shared between threads; each stream has its own.
public final class Digester {
    // The handle lives and dies with this object.
    private let context: OpaquePointer

    /// The number of bytes hashed so far.
    public private(set) var count: Int64 = 0

    /// Starts a computation.
    /// - Throws: `ContentError` when OpenSSL cannot provide SHA-256.
    public init() throws(ContentError) {
        guard let context = EVP_MD_CTX_new() else {
            throw ContentError(.digestUnavailable, "OpenSSL has no memory for a digest context")
        }
        guard EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
            EVP_MD_CTX_free(context)
            throw ContentError(.digestUnavailable, "OpenSSL does not provide SHA-256")
        }
        self.context = context
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Takes the next bytes.
    public func update(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
        EVP_DigestUpdate(context, base, bytes.count)
        count += Int64(bytes.count)
    }

    /// Ends the computation. It is to be called once.
    public func finish() -> Digest {
        var hash = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        EVP_DigestFinal_ex(context, &hash, &length)
        return Digest(sha256: hash)
    }

    /// The digest of bytes that are at hand.
    /// - Throws: `ContentError` when OpenSSL cannot provide SHA-256.
    public static func digest(of bytes: some Sequence<UInt8>) throws(ContentError) -> Digest {
        let digester = try Digester()
        if bytes.withContiguousStorageIfAvailable({ digester.update(UnsafeRawBufferPointer($0)) }) == nil {
            Array(bytes).withUnsafeBytes { digester.update($0) }
        }
        return digester.finish()
    }
}
