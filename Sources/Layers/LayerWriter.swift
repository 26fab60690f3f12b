public import Content
import Diagnostics
public import OCI

/// Writes a layer, or a run of entries that becomes part of one, as gzip members.
///
/// Headers and padding are deflated here; a file's content is a member of its own that starts at its first byte, and
/// where the content comes as a DEFLATE stream, that stream is taken over as it is: inflated once to hash the tar and to
/// check size and CRC-32, never compressed again. What comes out is a pure function of the entries.
///
///     [member: header][member: content][member: padding, header][member: content] … [member: padding]
///
/// A writer belongs to one thread at a time.
public final class LayerWriter {
    private let output: (UnsafeRawBufferPointer) throws -> Void
    private let tarDigester: Digester?
    private let inflater = Inflater()
    private let deflater: Deflater
    private let headerDeflater: Deflater
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Deflater.blockSize, alignment: 64)
    // Tar bytes that wait for their member: padding and headers.
    private var pending: [UInt8] = []
    private var isInContent = false
    // Many empty files or links come without content between their headers.
    private static let pendingLimit = 1 << 20
    private var paths: Set<PathKey> = []
    // Set right after initialisation, since its sink is this object.
    private var tar: TarWriter?

    /// The length of the tar so far, in bytes.
    public private(set) var uncompressedSize: Int64 = 0

    /// Starts a layer.
    /// - Parameters:
    ///   - hashesTar: whether the digest of the uncompressed tar is wanted; a run that is only kept for later needs none.
    ///   - output: takes the compressed bytes in order.
    public init(hashesTar: Bool = true, output: @escaping (UnsafeRawBufferPointer) throws -> Void) throws {
        self.output = output
        tarDigester = hashesTar ? try Digester() : nil
        deflater = try Deflater()
        headerDeflater = try Deflater(.runs)
        tar = try TarWriter { [unowned self] bytes in receive(bytes) }
    }

    deinit { buffer.deallocate() }

    /// Appends an entry.
    /// - Throws: `LayerError` when the content does not match the header, or the path was appended before.
    public func append(_ entry: LayerEntry) throws {
        try Task.checkCancellation()
        try claim(entry.header.path)
        try tar?.beginEntry(entry.header)
        if case .file(let size) = entry.header.kind {
            do {
                if size > 0 {
                    try writePending()
                    isInContent = true
                    try writeContent(entry.content, size: size)
                    isInContent = false
                } else {
                    try checkEmpty(entry.content)
                }
            } catch let error as LayerError {
                throw error.within(FailureContext("path", entry.header.path))
            }
        }
        try tar?.endEntry()
        if pending.count > Self.pendingLimit { try writePending() }
    }

    /// Appends a finished run: whole members that hold whole entries.
    ///
    /// - Parameters:
    ///   - run: the members.
    ///   - uncompressedSize: the length of what they hold, in bytes.
    ///   - paths: the paths of its entries.
    /// - Throws: `LayerError` when the run holds something else, or a path was appended before.
    public func append(run: Blob, uncompressedSize: Int64, paths: some Sequence<String>) throws {
        for path in paths { try claim(path) }
        try writePending()
        let start = self.uncompressedSize
        try run.open().forEachChunk { try self.output($0) }
        try GzipReader(run.open()).forEachChunk { self.receiveContent($0) }
        guard self.uncompressedSize - start == uncompressedSize else {
            throw LayerError(
                .unreadableLayer,
                "the cached run \(run.digest) holds \(self.uncompressedSize - start) bytes, not \(uncompressedSize)")
        }
    }

    /// Ends the current run, so that what was written so far consists of whole members.
    public func endRun() throws { try writePending() }

    /// Ends the layer.
    /// - Returns: the digest of the uncompressed tar, if it was wanted.
    public func finish() throws -> Digest? {
        try tar?.finish()
        try writePending()
        return tarDigester?.finish()
    }

    /// Runtimes refuse a layer that holds a path twice.
    private func claim(_ path: String) throws(LayerError) {
        // All that goes into a layer passes here, whoever put its path together.
        guard try PathKey(LayerPath.checked(path, origin: "the layer")) == PathKey(path) else {
            throw LayerError(.unsafePath, "the path '\(path)' ends in a slash")
        }
        guard paths.insert(PathKey(path)).inserted else {
            throw LayerError(.duplicatePath, "the path '\(path)' would stand twice in one layer")
        }
    }

    // MARK: The tar's bytes

    private func receive(_ bytes: UnsafeRawBufferPointer) {
        receiveContent(bytes)
        if !isInContent { pending.append(contentsOf: bytes) }
    }

    private func receiveContent(_ bytes: UnsafeRawBufferPointer) {
        tarDigester?.update(bytes)
        uncompressedSize += Int64(bytes.count)
    }

    private func writePending() throws {
        guard !pending.isEmpty else { return }
        try pending.withUnsafeBytes { try writeMember($0, by: headerDeflater) }
        pending.removeAll(keepingCapacity: true)
    }

    private func writeMember(_ bytes: UnsafeRawBufferPointer, by deflater: Deflater) throws {
        var crc = CRC32()
        crc.update(bytes)
        try beginMember()
        deflater.reset()
        try deflater.deflate(bytes, isLast: true, output)
        try endMember(crc: crc.value, size: Int64(bytes.count))
    }

    // MARK: Contents

    /// An empty file has no member, but what an archive says of it is held against it all the same.
    private func checkEmpty(_ content: LayerContent) throws {
        switch content {
        case .none: break
        case .bytes(let bytes): try check(size: 0, got: Int64(bytes.count))
        case .deflated(let span): try check(crc: span.crc, got: 0)
        case .plain(let span), .stored(let span): try check(crc: span.crc ?? 0, got: 0)
        }
    }

    private func writeContent(_ content: LayerContent, size: Int64) throws {
        switch content {
        case .none:
            throw LayerError(.corruptEntry, "a file of \(size) bytes came without content")
        case .bytes(let bytes):
            guard bytes.count == size else {
                throw LayerError(.corruptEntry, "a file of \(size) bytes came with \(bytes.count)")
            }
            try bytes.withUnsafeBytes { raw in
                try tar?.write(raw)
                try writeMember(raw, by: deflater)
            }
        case .deflated(let span): try writeDeflated(span, size: size)
        case .plain(let span): try writePlain(span, size: size, stores: false)
        case .stored(let span): try writePlain(span, size: size, stores: true)
        }
    }

    private func writeDeflated(_ span: DeflatedSpan, size: Int64) throws {
        var crc = CRC32()
        var inflated: Int64 = 0
        var offset = span.offset
        let end = span.offset + span.compressedSize
        inflater.reset()
        try beginMember()
        while offset < end {
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<Int(min(Int64(buffer.count), end - offset))])
            let count = try span.source.read(into: room, at: offset)
            guard count > 0 else { throw LayerError(.corruptEntry, "the archive ends within the entry") }
            let chunk = UnsafeRawBufferPointer(rebasing: room[..<count])
            let used = try inflater.inflate(chunk) { piece in
                inflated += Int64(piece.count)
                guard inflated <= size else {
                    throw LayerError(.tooLarge, "the entry inflates to more than the \(size) bytes that it declares")
                }
                crc.update(piece)
                try self.tar?.write(piece)
            }
            guard used == count else {
                throw LayerError(
                    .corruptEntry,
                    "\(end - offset - Int64(used)) bytes follow the end of the entry's DEFLATE stream")
            }
            try output(chunk)
            offset += Int64(count)
            try Task.checkCancellation()
        }
        guard inflater.isFinished else { throw LayerError(.corruptEntry, "the entry's DEFLATE stream has no end") }
        try check(size: size, got: inflated)
        try check(crc: span.crc, got: crc.value)
        try endMember(crc: crc.value, size: size)
    }

    private func writePlain(_ span: PlainSpan, size: Int64, stores: Bool) throws {
        let source = try span.open()
        let digester = try span.digest.map { _ in try Digester() }
        var crc = CRC32()
        var offset: Int64 = 0
        deflater.reset()
        try beginMember()
        while offset < size {
            let block = try fill(from: source, at: span.offset + offset, upTo: size - offset)
            offset += Int64(block.count)
            crc.update(block)
            digester?.update(block)
            try tar?.write(block)
            if stores {
                try StoredBlocks.write(block, isLast: offset == size, output)
            } else {
                try deflater.deflate(block, isLast: offset == size, output)
            }
            try Task.checkCancellation()
        }
        try endMember(crc: crc.value, size: size)
        if let expected = span.crc { try check(crc: expected, got: crc.value) }
        if let expected = span.digest, let got = digester?.finish(), expected != got {
            throw LayerError(
                .changedSource, "the file changed while it was read: its digest is \(got), not \(expected)",
                hints: ["run the build again when nothing writes to the context"])
        }
    }

    /// A whole block, or what is left of the content.
    private func fill(from source: any RandomAccessReader, at offset: Int64, upTo rest: Int64) throws
        -> UnsafeRawBufferPointer
    {
        let wanted = Int(min(rest, Int64(buffer.count)))
        var filled = 0
        while filled < wanted {
            let room = UnsafeMutableRawBufferPointer(rebasing: buffer[filled..<wanted])
            let count = try source.read(into: room, at: offset + Int64(filled))
            guard count > 0 else {
                throw LayerError(
                    .changedSource, "the file is \(Int64(wanted - filled)) bytes shorter than when it was listed")
            }
            filled += count
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<wanted])
    }

    private func check(size: Int64, got: Int64) throws {
        guard size == got else {
            throw LayerError(.corruptEntry, "the entry inflates to \(got) bytes, not to the \(size) that it declares")
        }
    }

    private func check(crc: UInt32, got: UInt32) throws {
        guard crc == got else {
            throw LayerError(
                .corruptEntry,
                "the entry's CRC-32 is \(String(got, radix: 16)), not \(String(crc, radix: 16)) as the archive says")
        }
    }

    // MARK: Members

    private func beginMember() throws { try GzipMember.header.withUnsafeBytes { try output($0) } }

    private func endMember(crc: UInt32, size: Int64) throws {
        try GzipMember.trailer(crc: crc, size: size).withUnsafeBytes { try output($0) }
    }
}
