import CArchive
public import Diagnostics
import Glibc
import OCI

/// Writes a tar by libarchive: ustar where it can hold the value, pax records only where it cannot.
///
/// The bytes go to `sink` as they are made; file contents pass through without being copied. A writer belongs to one
/// thread at a time.
public final class TarWriter {
    private let archive: OpaquePointer
    private let entry: OpaquePointer
    private let sink: (UnsafeRawBufferPointer) throws -> Void
    // An error cannot cross libarchive's frames: it is kept here and thrown on this side of them.
    private var sinkError: (any Error)?

    /// Starts a tar.
    /// - Parameter sink: takes the tar's bytes in order.
    /// - Throws: `LayerError` when libarchive cannot work here.
    public init(sink: @escaping (UnsafeRawBufferPointer) throws -> Void) throws(LayerError) {
        try TarLocale.require()
        guard let archive = archive_write_new() else {
            throw LayerError(.unavailable, "libarchive has no memory for an archive")
        }
        guard let entry = archive_entry_new2(archive) else {
            archive_write_free(archive)
            throw LayerError(.unavailable, "libarchive has no memory for an entry")
        }
        self.archive = archive
        self.entry = entry
        self.sink = sink
        archive_write_set_format_pax_restricted(archive)
        // Unblocked: every byte reaches the sink at once, and contents are not copied into a block first.
        archive_write_set_bytes_per_block(archive, 0)
        let me = Unmanaged.passUnretained(self).toOpaque()
        let write: @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, UnsafeRawPointer?, Int) -> Int = {
            _, context, bytes, count in
            guard let context, let bytes else { return -1 }
            let writer = Unmanaged<TarWriter>.fromOpaque(context).takeUnretainedValue()
            do {
                try writer.sink(UnsafeRawBufferPointer(start: bytes, count: count))
                return count
            } catch {
                writer.sinkError = error
                return -1
            }
        }
        guard archive_write_open(archive, me, nil, write, nil) == ARCHIVE_OK else {
            throw LayerError(.unavailable, "libarchive cannot open a tar: \(Self.reason(archive))")
        }
    }

    deinit {
        // Freeing a healthy archive would write its end; what was not finished on purpose has none.
        archive_write_fail(archive)
        archive_write_free(archive)
        archive_entry_free(entry)
    }

    /// Writes an entry's header. A file's `write` calls follow, then `endEntry`.
    public func beginEntry(_ header: TarEntry) throws {
        archive_entry_clear(entry)
        archive_entry_set_pathname(entry, header.path)
        archive_entry_set_perm(entry, mode_t(header.mode))
        archive_entry_set_uid(entry, Int64(header.uid))
        archive_entry_set_gid(entry, Int64(header.gid))
        archive_entry_set_mtime(entry, time_t(header.modified.seconds), 0)
        switch header.kind {
        case .directory:
            archive_entry_set_filetype(entry, cooperage_ae_directory)
            archive_entry_set_size(entry, 0)
        case .file(let size):
            archive_entry_set_filetype(entry, cooperage_ae_regular)
            archive_entry_set_size(entry, size)
        case .symbolicLink(let target):
            archive_entry_set_filetype(entry, cooperage_ae_symbolic_link)
            archive_entry_set_size(entry, 0)
            archive_entry_set_symlink(entry, target)
        case .hardLink(let target):
            archive_entry_set_filetype(entry, cooperage_ae_regular)
            archive_entry_set_size(entry, 0)
            archive_entry_set_hardlink(entry, target)
        }
        try check(archive_write_header(archive, entry), "the header of '\(header.path)'")
    }

    /// Writes a part of the current file's content.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard !bytes.isEmpty else { return }
        let written = archive_write_data(archive, bytes.baseAddress, bytes.count)
        if let error = sinkError { throw error }
        guard written == bytes.count else {
            throw LayerError(.corruptEntry, "a file's content is longer than its header says")
        }
    }

    /// Pads the current entry to whole blocks.
    public func endEntry() throws {
        try check(archive_write_finish_entry(archive), "the end of an entry")
    }

    /// Writes the two empty blocks that end a tar. Without it the bytes so far are a run of entries to which another
    /// run can be appended.
    public func finish() throws {
        try check(archive_write_close(archive), "the end of the tar")
    }

    private func check(_ code: Int32, _ what: String) throws {
        if let error = sinkError { throw error }
        // A warning means that a name was written otherwise than asked: not acceptable in a layer.
        guard code == ARCHIVE_OK else {
            throw LayerError(.unsafePath, "libarchive cannot write \(what): \(Self.reason(archive))")
        }
    }

    private static func reason(_ archive: OpaquePointer) -> String {
        archive_error_string(archive).map { String(cString: $0) } ?? "no reason given"
    }
}
