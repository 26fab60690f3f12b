import CArchive
public import Content
import Diagnostics
import OCI

/// Reads a tar by libarchive, entry after entry.
///
/// What it hands out is what the tar says; whoever uses paths checks them (`LayerPath`). A reader belongs to one
/// thread at a time.
public final class TarReader {
    private let archive: OpaquePointer
    private let source: any ByteReader
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 64)
    // An error cannot cross libarchive's frames: it is kept here and thrown on this side of them.
    private var sourceError: (any Error)?
    private let refusesSpecialFiles: Bool

    /// Reads the tar that `source` holds, uncompressed or in a compression that libarchive knows. Gzip is faster
    /// through `GzipReader`.
    /// - Parameters:
    ///   - refusesSpecialFiles: whether a device node, pipe or socket is an error instead of being passed over.
    ///   - takesAnyCompression: whether bzip2 and xz are read as well, in which archives come, but no layers.
    /// - Throws: `LayerError`, or what the source threw.
    public init(
        _ source: any ByteReader, refusesSpecialFiles: Bool = false, takesAnyCompression: Bool = false
    ) throws {
        try TarLocale.require()
        guard let archive = archive_read_new() else {
            throw LayerError(.unavailable, "libarchive has no memory for an archive")
        }
        self.archive = archive
        self.source = source
        self.refusesSpecialFiles = refusesSpecialFiles
        archive_read_support_format_tar(archive)
        archive_read_support_filter_none(archive)
        archive_read_support_filter_zstd(archive)
        archive_read_support_filter_gzip(archive)
        if takesAnyCompression {
            archive_read_support_filter_bzip2(archive)
            archive_read_support_filter_xz(archive)
        }
        let read:
            @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int =
                { _, context, bytes in
                    guard let context, let bytes else { return -1 }
                    let reader = Unmanaged<TarReader>.fromOpaque(context).takeUnretainedValue()
                    bytes.pointee = UnsafeRawPointer(reader.buffer.baseAddress)
                    do {
                        // What is passed over is read here, too, and may take long.
                        try Task.checkCancellation()
                        return try reader.source.read(into: reader.buffer)
                    } catch {
                        reader.sourceError = error
                        return -1
                    }
                }
        let me = Unmanaged.passUnretained(self).toOpaque()
        guard archive_read_open(archive, me, nil, read, nil) == ARCHIVE_OK else { throw sourceError ?? failure() }
    }

    deinit {
        archive_read_free(archive)
        buffer.deallocate()
    }

    /// The next entry's header, or nil at the end. What was not read of the last entry is passed over.
    public func next() throws -> TarEntry? {
        while true {
            try Task.checkCancellation()
            var handle: OpaquePointer?
            let code = archive_read_next_header(archive, &handle)
            if let error = sourceError { throw error }
            if code == ARCHIVE_EOF { return nil }
            guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let handle else { throw failure() }
            // Device nodes, pipes and sockets mean nothing to us; the layer that holds them stays as it is.
            if let entry = try entry(handle) { return entry }
        }
    }

    private func entry(_ handle: OpaquePointer) throws(LayerError) -> TarEntry? {
        guard let path = archive_entry_pathname(handle).map({ String(cString: $0) }) else {
            throw LayerError(.unreadableLayer, "the tar holds an entry whose name cannot be read")
        }
        let kind: TarEntry.Kind?
        if let target = archive_entry_hardlink(handle) {
            kind = .hardLink(target: String(cString: target))
        } else {
            switch archive_entry_filetype(handle) {
            case cooperage_ae_directory: kind = .directory
            case cooperage_ae_regular: kind = .file(size: archive_entry_size(handle))
            case cooperage_ae_symbolic_link:
                kind = archive_entry_symlink(handle).map { .symbolicLink(target: String(cString: $0)) }
            default:
                guard !refusesSpecialFiles else {
                    throw LayerError(.unsafePath, "'\(path)' in the tar is a device, a pipe or a socket")
                }
                kind = nil
            }
        }
        return kind.map { kind in
            TarEntry(
                path: path, kind: kind, mode: UInt32(archive_entry_perm(handle)),
                uid: UInt32(truncatingIfNeeded: archive_entry_uid(handle)),
                gid: UInt32(truncatingIfNeeded: archive_entry_gid(handle)),
                modified: Timestamp(seconds: Int64(archive_entry_mtime(handle))))
        }
    }

    /// The content of the current entry.
    /// - Parameter limit: in bytes; a longer content is refused.
    public func content(limit: Int) throws -> [UInt8] {
        var all: [UInt8] = []
        try forEachContentChunk { chunk in
            guard all.count + chunk.count <= limit else {
                throw LayerError(.tooLarge, "an entry is longer than the \(limit) bytes allowed here")
            }
            all.append(contentsOf: chunk)
        }
        return all
    }

    /// Hands out the content of the current entry in pieces.
    public func forEachContentChunk(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 64)
        defer { room.deallocate() }
        while true {
            try Task.checkCancellation()
            let count = archive_read_data(archive, room.baseAddress, room.count)
            if let error = sourceError { throw error }
            guard count >= 0 else { throw failure() }
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: room[..<count]))
        }
    }

    private func failure() -> LayerError {
        let reason = archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
        return LayerError(.unreadableLayer, "the tar cannot be read: \(reason)")
    }
}
