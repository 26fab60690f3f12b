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
    func open(_ digest: Digest) -> (any RandomAccessReader)? { contents[digest].map(Reader.init) }

    private final class Reader: RandomAccessReader {
        private let bytes: [UInt8]

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        var size: Int64 { Int64(bytes.count) }

        func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) -> Int {
            guard offset >= 0, offset < size else { return 0 }
            let part = bytes[Int(offset)...].prefix(buffer.count)
            buffer.copyBytes(from: part)
            return part.count
        }
    }
}
