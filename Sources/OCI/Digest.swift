public import Diagnostics

/// A content digest, `sha256:` and 64 lower-case hexadecimal characters (OCI image specification, descriptor.md).
///
/// A value of this type is always well formed. SHA-512 is read, since other tools may write it; we only make SHA-256.
public struct Digest: Sendable, Hashable {
    /// The registered algorithms.
    public enum Algorithm: String, Sendable, Hashable {
        case sha256
        case sha512

        /// The length of the encoded part in characters.
        public var encodedLength: Int {
            switch self {
            case .sha256: 64
            case .sha512: 128
            }
        }
    }

    /// How the bytes were hashed.
    public let algorithm: Algorithm
    /// The hash, lower-case hexadecimal.
    public let encoded: String

    /// Reads `algorithm:encoded`.
    /// - Throws: `OCIError` with the text at fault.
    public init(_ text: some StringProtocol) throws(OCIError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let algorithm = Algorithm(rawValue: String(parts[0])) else {
            throw OCIError(
                .invalidDigest, "'\(text)' is not a digest",
                hints: ["a digest reads sha256:<64 hexadecimal characters>"])
        }
        try self.init(algorithm: algorithm, encoded: parts[1])
    }

    /// Takes the parts.
    /// - Throws: `OCIError` when `encoded` has another length than the algorithm's or other characters than `0-9a-f`.
    public init(algorithm: Algorithm, encoded: some StringProtocol) throws(OCIError) {
        guard encoded.utf8.count == algorithm.encodedLength, encoded.utf8.allSatisfy(\.isLowerHexadecimal) else {
            throw OCIError(
                .invalidDigest, "'\(encoded)' is not the hexadecimal form of a \(algorithm.rawValue) digest",
                hints: ["it takes \(algorithm.encodedLength) characters of 0-9 and a-f"])
        }
        self.algorithm = algorithm
        self.encoded = String(encoded)
    }

    /// Makes a SHA-256 digest of a finished hash.
    ///
    /// - Parameter hash: the 32 bytes that the hash function returned; other lengths give a digest that equals no
    ///   content, never a crash.
    public init(sha256 hash: some Collection<UInt8>) {
        algorithm = .sha256
        var text = ""
        text.reserveCapacity(64)
        for byte in hash.prefix(32) {
            text.unicodeScalars.append(hexadecimal(byte >> 4))
            text.unicodeScalars.append(hexadecimal(byte & 15))
        }
        encoded = text + String(repeating: "0", count: 64 - text.utf8.count)
    }

    /// The first twelve characters, for tables.
    public var short: String { String(encoded.prefix(12)) }
}

extension Digest: CustomStringConvertible {
    /// `algorithm:encoded`, as it stands in documents and references.
    public var description: String { "\(algorithm.rawValue):\(encoded)" }
}

extension Digest: Comparable {
    /// Orders by the text form.
    public static func < (left: Digest, right: Digest) -> Bool { left.description < right.description }
}

extension Digest: Codable {
    /// Reads the text form.
    public init(from decoder: any Decoder) throws {
        try self.init(decoder.singleValueContainer().decode(String.self))
    }

    /// Writes the text form.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension UInt8 {
    fileprivate var isLowerHexadecimal: Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self)
    }
}

private func hexadecimal(_ nibble: UInt8) -> Unicode.Scalar {
    Unicode.Scalar(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
}
