import Content
import OCI

/// Contents that a plan makes itself, by digest: files of a few lines.
struct KeptTexts: Sendable {
    private var contents: [Digest: [UInt8]] = [:]

    /// Keeps a content.
    mutating func keep(_ bytes: [UInt8]) throws -> Digest {
        let digest = try Digester.digest(of: bytes)
        contents[digest] = bytes
        return digest
    }

    /// A content; nil where it was made elsewhere.
    subscript(digest: Digest) -> [UInt8]? { contents[digest] }

    /// Takes those of another one.
    mutating func merge(_ other: KeptTexts) { contents.merge(other.contents) { first, _ in first } }

    /// Opens a content.
    func open(_ digest: Digest) -> (any RandomAccessReader)? { contents[digest].map(BytesReader.init) }
}
