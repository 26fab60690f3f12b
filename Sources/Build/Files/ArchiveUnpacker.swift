import Content
import Diagnostics
import Layers
import OCI

/// Reads archives as `ADD` unpacks them: a tar, plain or by gzip, bzip2, xz or Zstandard, which its content tells and not its
/// name. What was read once is kept.
struct ArchiveUnpacker: Sendable {
    /// What an archive may come to: one of a few kilobytes can hold any number of zeros.
    struct Limits: Sendable {
        /// In entries.
        var entries = 1_000_000
        /// In bytes, whatever the archive's own length.
        var size: Int64 = 1 << 30
        /// In bytes for each of the archive.
        var ratio: Int64 = 200
    }

    let cache: BuildCache
    var limits = Limits()

    /// What a file holds as an archive.
    /// - Parameters:
    ///   - digest: the file's.
    ///   - open: opens it.
    ///   - name: how messages call it.
    /// - Throws: `LayerError` for an archive that is damaged, too large, or made to do harm.
    func unpacked(
        _ digest: Digest, named name: String, open: () throws -> any RandomAccessReader
    ) throws -> UnpackedArchive {
        var key = KeyBuilder(kind: "unpacked-archive", formatVersion: 1)
        key.append(digest.description)
        let record = RecordKey(kind: "unpacked-archives", digest: try key.digest())
        if let known = try cache.records.value(UnpackedArchive.self, for: record) {
            guard let blob = known.blob else { return known }
            if try cache.blobs.blob(blob, size: known.size) != nil { return known }
        }
        let file = try open()
        let archive = try isArchive(file) ? read(file, named: name) : UnpackedArchive(blob: nil, size: 0, entries: [])
        try cache.records.setValue(archive, for: record)
        return archive
    }

    /// Whether a first entry can be read, which is BuildKit's question.
    private func isArchive(_ file: any RandomAccessReader) throws -> Bool {
        do {
            return try TarReader(WholeReader(file), refusesSpecialFiles: true, takesAnyCompression: true).next() != nil
        } catch let error as LayerError where error.code == .unsafePath {
            // One whose first entry is a device.
            return true
        } catch let error as LayerError where error.code != .unavailable {
            return false
        }
    }

    private func read(_ file: any RandomAccessReader, named name: String) throws -> UnpackedArchive {
        let tar = try TarReader(WholeReader(file), refusesSpecialFiles: true, takesAnyCompression: true)
        var writer = try MemberWriter(cache.blobs)
        let limit = max(limits.size, file.size.multipliedReportingOverflow(by: limits.ratio).partialValue)
        var found: [(entry: UnpackedArchive.Entry, content: MemberWriter.Content?)] = []
        while let header = try tar.next() {
            guard found.count < limits.entries else {
                throw LayerError(.tooLarge, "'\(name)' holds more than \(limits.entries) entries")
            }
            let path = LayerPath.normalised(header.path)
            if !path.isEmpty {
                _ = try LayerPath.checked(path, origin: "'\(name)'")
                guard !LayerPath.parts(path).contains(where: { $0.utf8.starts(with: ".wh.".utf8) }) else {
                    throw LayerError(
                        .unsafePath, "the path '\(path)' in '\(name)' would remove files of the image",
                        hints: ["names that start with '.wh.' mean that in layers"])
                }
            }
            var entry = UnpackedArchive.Entry(
                path: path, kind: .directory, mode: header.mode & 0o7777, uid: header.uid, gid: header.gid)
            var content: MemberWriter.Content?
            switch header.kind {
            case .directory: break
            case .symbolicLink(let target): entry.kind = .symbolicLink(target: target)
            case .hardLink(let target): entry.kind = .hardLink(target: LayerPath.normalised(target))
            case .file:
                content = try writer.append(contentOf: tar) { total in
                    guard total <= limit else {
                        throw LayerError(
                            .tooLarge, "'\(name)' holds more than \(limit) bytes, which is more than its length allows",
                            hints: ["unpack it, and COPY what it holds"])
                    }
                }
            }
            found.append((entry, content))
        }
        let blob = try writer.commit()
        let entries = found.map { entry, content in
            var entry = entry
            if let content { entry.kind = .file(content.member(of: blob)) }
            return entry
        }
        return UnpackedArchive(blob: blob.digest, size: blob.size, entries: entries)
    }
}

/// A stream from its start to its end.
private final class WholeReader: ByteReader {
    private let source: any RandomAccessReader
    private var offset: Int64 = 0

    init(_ source: any RandomAccessReader) { self.source = source }

    func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        let count = try source.read(into: buffer, at: offset)
        offset += Int64(count)
        return count
    }
}
