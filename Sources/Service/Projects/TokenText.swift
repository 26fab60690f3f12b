import COpenSSL
import Content
import Diagnostics
import OCI

/// A token as its holder has it: `cprg_<id>_<secret>`, the id 16 and the secret 64 hexadecimal characters.
///
/// The fixed start lets scanners of repositories find one that was committed by mistake.
struct TokenText: Sendable {
    /// The public part.
    let id: String
    /// The secret part: 256 random bits.
    let secret: String

    private static let start = "cprg_"

    /// Makes a new one.
    init() throws(ServiceError) {
        id = hexadecimal(try randomBytes(8))
        secret = hexadecimal(try randomBytes(32))
    }

    /// Takes a text apart; nil if it is not of that form.
    init?(_ text: String) {
        guard text.hasPrefix(Self.start) else { return nil }
        let parts = text.dropFirst(Self.start.count).split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isHexadecimal(parts[0], 16), Self.isHexadecimal(parts[1], 64) else { return nil }
        id = String(parts[0])
        secret = String(parts[1])
    }

    /// What its holder is given.
    var text: String { "\(Self.start)\(id)_\(secret)" }

    /// What is kept of the secret.
    var hash: String {
        get throws { try Digester.digest(of: secret.utf8).encoded }
    }

    private static func isHexadecimal(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy {
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0)
            }
    }
}

/// Bytes by OpenSSL's generator.
func randomBytes(_ count: Int) throws(ServiceError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard RAND_bytes(&bytes, Int32(count)) == 1 else {
        throw ServiceError(.undecipherable, "OpenSSL has no random numbers")
    }
    return bytes
}

/// Bytes in lower-case hexadecimal.
func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    var text = ""
    for byte in bytes {
        for nibble in [byte >> 4, byte & 15] {
            text.unicodeScalars.append(
                Unicode.Scalar(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10))
        }
    }
    return text
}

/// Whether two texts are the same, in a time that tells nothing of where they differ. Their lengths are no secret.
public func isEqualInConstantTime(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    guard left.count == right.count else { return false }
    return CRYPTO_memcmp(left, right, left.count) == 0
}
