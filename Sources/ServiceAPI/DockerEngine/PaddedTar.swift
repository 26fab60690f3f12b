import NIOCore

/// A tar as docker's client sends it: where it puts a Dockerfile from elsewhere into the context (`-f`), it ends right behind
/// the last file's bytes, without the zeros that fill up the block. They are added here, after a file that is whole.
struct PaddedTar: AsyncSequence, Sendable {
    typealias Element = ByteBufferView

    let content: RequestContent

    func makeAsyncIterator() -> Iterator { Iterator(content: content.makeAsyncIterator()) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var content: RequestContent.Iterator
        private var place = TarPlace()
        private var isOver = false

        fileprivate init(content: RequestContent.Iterator) { self.content = content }

        mutating func next() async throws -> ByteBufferView? {
            if isOver { return nil }
            if let piece = try await content.next() {
                place.pass(piece)
                return piece
            }
            isOver = true
            let missing = place.missingPadding
            // And the two empty blocks that end a tar.
            return missing == 0 ? nil : ByteBuffer(repeating: 0, count: missing + 1024).readableBytesView
        }
    }
}

/// Where in a tar a stream stands: in a header, in a file's bytes, or in what fills up their last block.
struct TarPlace: Sendable {
    private var header: [UInt8] = []
    private var content: Int64 = 0
    private var padding = 0
    /// Whether the stream is a tar as far as it was understood.
    private var isKnown = true

    /// The zeros that are missing after a file that is whole; 0 where none are, or the stream is something else.
    var missingPadding: Int { isKnown && content == 0 && header.isEmpty ? padding : 0 }

    mutating func pass(_ bytes: some RandomAccessCollection<UInt8>) {
        var rest = bytes[...]
        while isKnown, !rest.isEmpty {
            if content > 0 {
                let count = Int(Swift.min(content, Int64(rest.count)))
                content -= Int64(count)
                rest = rest.dropFirst(count)
            } else if padding > 0 {
                let count = Swift.min(padding, rest.count)
                padding -= count
                rest = rest.dropFirst(count)
            } else {
                let part = rest.prefix(512 - header.count)
                header += part
                rest = rest.dropFirst(part.count)
                if header.count == 512 { readHeader() }
            }
        }
    }

    private mutating func readHeader() {
        defer { header = [] }
        // The end of the archive, or no tar that says its sizes here (POSIX ustar and GNU do).
        guard header[257..<262].elementsEqual("ustar".utf8),
            let size = Int64(
                String(decoding: header[124..<136].filter { $0 != 0 && $0 != 0x20 }, as: UTF8.self), radix: 8),
            size >= 0
        else { return isKnown = false }
        content = size
        padding = Int((512 - size % 512) % 512)
    }
}
